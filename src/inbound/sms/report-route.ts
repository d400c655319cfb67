import type { OpenAPIHono } from '@hono/zod-openapi'
import { Failure } from '../../domain/failure.ts'
import { SMS_REPORT_PATH, type SmsReport, type SmsState } from '../../domain/sms-report.ts'
import type { AppEnv } from '../../http/auth.ts'
import { errorResponse } from '../../http/errors.ts'
import { newRouter } from '../../http/router.ts'
import { log } from '../../log.ts'
import type { OutboxStore } from '../../store/store.ts'
import { readSigned, type TwilioAccount } from './signed-form.ts'
import { type Form, MESSAGE_SID, valuesOnce } from './webhook-request.ts'

export type ReportRouteDeps = TwilioAccount & {
  readonly noteSmsReport: OutboxStore['noteSmsReport']
  readonly now?: () => number
}

const PATH = `${SMS_REPORT_PATH}/{deliveryId}`
const DELIVERY_ID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/
const REQUIRED = ['MessageSid', 'AccountSid', 'MessageStatus'] as const
const ERROR_CODE = /^\d{4,6}$/

/** https://www.twilio.com/docs/messaging/api/message-resource#message-status-values */
const STATES: ReadonlyMap<string, SmsState> = new Map([
  ['accepted', 'queued'],
  ['scheduled', 'queued'],
  ['queued', 'queued'],
  ['sending', 'queued'],
  ['sent', 'sent'],
  ['delivered', 'delivered'],
  ['read', 'delivered'],
  ['undelivered', 'failed'],
  ['failed', 'failed'],
  ['canceled', 'failed'],
])

/** Where Twilio tells how a text of ours fared. Answers 204 once it is written down, 503 when it is not. */
export function reportRoute(deps: ReportRouteDeps): OpenAPIHono<AppEnv> {
  const router = newRouter()
  router.post(`${SMS_REPORT_PATH}/:deliveryId`, async (c) => {
    const deliveryId = c.req.param('deliveryId')
    // Twilio signs URL and form run together: a longer path could hold what was a part of the form.
    if (!DELIVERY_ID.test(deliveryId)) throw new Failure('not_found', 'No such delivery')
    const { report } = await readSigned(deps, c, `${SMS_REPORT_PATH}/${deliveryId}`, readReport)
    if (report) await note(deps, deliveryId, report)
    return c.body(null, 204)
  })
  router.openAPIRegistry.registerPath(description)
  return router
}

/** Null: a status that we do not know; Twilio's set may grow. */
function readReport(form: Form): { accountSid: string; report: SmsReport | null } {
  const { MessageSid: sid, AccountSid: accountSid, MessageStatus: status } = valuesOnce(form, REQUIRED)
  if (!MESSAGE_SID.test(sid)) throw new Failure('invalid_request', 'MessageSid is not one of a message')
  const codes = form.filter(([key]) => key === 'ErrorCode').map(([, value]) => value)
  if (codes.length > 1) throw new Failure('invalid_request', 'ErrorCode must be there at most once')
  const [code = ''] = codes
  const state = STATES.get(status)
  const error = ERROR_CODE.test(code) ? Number(code) : null
  return { accountSid, report: state ? { sid, state, error } : null }
}

async function note(deps: ReportRouteDeps, deliveryId: string, report: SmsReport): Promise<void> {
  try {
    const noted = await deps.noteSmsReport(deliveryId, report, (deps.now ?? Date.now)())
    if (noted === null) return log.twilioIgnored({ why: 'a report on no delivery of ours', sid: report.sid })
    if (report.state !== 'failed') return
    log.deliveryBounced({ deliveryId, kind: report.state, status: String(report.error), ...noted })
  } catch (error) {
    log.receiveFailed({ door: 'twilio-webhook', error })
    throw new Failure('unavailable', 'The report could not be kept')
  }
}

const description: Parameters<ReturnType<typeof newRouter>['openAPIRegistry']['registerPath']>[0] = {
  method: 'post',
  path: PATH,
  tags: ['Inbound'],
  summary: 'Twilio tells how a copy by SMS fared',
  description:
    'For Twilio alone: X-Twilio-Signature over this URL below PUBLIC_URL and the form is required. The form holds `MessageSid`, `AccountSid` and `MessageStatus`, each once, and `ErrorCode` where something went wrong. What is told late changes nothing that is further on.',
  request: {
    body: {
      required: true,
      content: { 'application/x-www-form-urlencoded': { schema: { type: 'object' } } },
    },
  },
  responses: {
    204: { description: 'Written down, or nothing new' },
    400: errorResponse('A key is missing, or there twice'),
    403: errorResponse('The signature does not fit'),
    404: errorResponse('Text messages are off, or no such delivery'),
    503: errorResponse('Not kept'),
  },
}
