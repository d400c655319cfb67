import type { Account } from './accounts.ts'
import { type Customer, type CustomerOptions, startCustomer } from './customer.ts'
import type { Knobs } from './knobs.ts'
import { type Portal, startPortal } from './portal.ts'
import { twilioWebhook, type WebhookOptions } from './twilio-request.ts'

export type SandboxOptions = {
  /** The relay's SMTP port. */
  readonly smtp: { readonly host: string; readonly port: number }
  /** The relay's webhook and the token that it checks signatures with; null: the portal sends no SMS. */
  readonly twilio: WebhookOptions | null
  readonly portalPort?: number
  readonly customer?: CustomerOptions
  readonly accounts?: readonly Account[]
  readonly knobs?: Partial<Knobs>
  readonly onSendFailure?: (error: unknown) => void
}

export type Sandbox = {
  readonly portal: Portal
  readonly customer: Customer
  close(): Promise<void>
}

/** Everything around a relay that one needs to try it: a utility's portal and a customer's mailbox. */
export async function startSandbox(options: SandboxOptions): Promise<Sandbox> {
  const customer = await startCustomer(options.customer)
  const { twilio, portalPort, accounts, knobs, onSendFailure } = options
  const noSms = async () => {
    throw new Error('no Twilio token was given, so SMS cannot be signed')
  }
  const portal = await startPortal({
    smtp: options.smtp,
    sendSms: twilio ? twilioWebhook(twilio) : noSms,
    ...(portalPort === undefined ? {} : { port: portalPort }),
    ...(accounts ? { accounts } : {}),
    ...(knobs ? { knobs } : {}),
    ...(onSendFailure ? { onSendFailure } : {}),
  }).catch(async (error: unknown) => {
    await customer.close()
    throw error
  })
  return {
    portal,
    customer,
    async close() {
      await portal.close()
      await customer.close()
    },
  }
}
