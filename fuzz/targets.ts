import { apiTarget } from './api.ts'
import type { Target } from './loop.ts'
import { parserTarget } from './parser.ts'
import { reportTarget } from './reports.ts'
import { smtpTarget } from './smtp.ts'
import { twilioTarget } from './twilio.ts'

/** What can be fuzzed, by name. */
export const TARGETS = {
  smtp: smtpTarget,
  parser: parserTarget,
  twilio: twilioTarget,
  reports: reportTarget,
  api: apiTarget,
} satisfies Record<string, () => Promise<Target>>
