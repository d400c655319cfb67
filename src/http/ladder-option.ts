import { z } from '@hono/zod-openapi'
import { LADDER_RUNGS, type LadderOption } from '../domain/ladder.ts'

/* A rung of the ladder as the API shows it: in the triage, and in how a connection's codes come. */

export const rungSchema = z.enum(LADDER_RUNGS)

export const optionSchema = z
  .object({
    option: rungSchema,
    recommended: z.boolean(),
    available: z.boolean(),
    why: z.string().nullable(),
    whyNot: z.string().nullable().openapi({ description: 'null where it is available' }),
    asksCustomer: z.string().openapi({ description: 'what it asks of the customer, in a sentence' }),
    steps: z.array(z.string()).openapi({ description: 'what the customer does at the utility’s site' }),
    failureModes: z.array(z.string()).openapi({ description: 'how it is known to break' }),
    isCurrent: z.boolean().openapi({ description: 'the connection stands on this rung now' }),
    failedHere: z.string().nullable().openapi({ description: 'how it failed on this connection' }),
  })
  .openapi('LadderOption')

/** One rung as the API shows it. */
export const presentOption = (option: LadderOption): z.infer<typeof optionSchema> => ({
  ...option,
  steps: [...option.steps],
  failureModes: [...option.failureModes],
})
