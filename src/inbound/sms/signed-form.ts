import type { Context } from 'hono'
import { Failure } from '../../domain/failure.ts'
import type { AppEnv } from '../../http/auth.ts'
import { log } from '../../log.ts'
import { type Form, isSigned, parseForm } from './webhook-request.ts'

export type TwilioAccount = {
  /** Null: Twilio is not set up. */
  readonly account: { readonly accountSid: string; readonly authTokens: readonly string[] } | null
  /** How Twilio reaches us. Proxy headers are never believed instead: who sends them could choose the URL. */
  readonly publicUrl: () => string
}

/**
 * Reads a form that Twilio signed for `path` below PUBLIC_URL, for the account of this relay.
 *
 * @param read takes the form apart; called once the signature is found to fit
 * @throws Failure `not_found` (Twilio is off), `invalid_request`, `signature_invalid`
 */
export async function readSigned<T extends { readonly accountSid: string }>(
  { account, publicUrl }: TwilioAccount,
  c: Context<AppEnv>,
  path: string,
  read: (form: Form) => T,
): Promise<T> {
  if (!account) {
    throw new Failure('not_found', 'Text messages are off here: TWILIO_ACCOUNT_SID is not set')
  }
  if (!/^application\/x-www-form-urlencoded\b/i.test(c.req.header('content-type') ?? '')) {
    throw new Failure('invalid_request', 'Twilio sends application/x-www-form-urlencoded')
  }
  const form = parseForm(await c.req.text())
  const url = `${publicUrl().replace(/\/+$/, '')}${path}`
  const signature = c.req.header('x-twilio-signature') ?? ''
  if (!isSigned(form, { url, signature, authTokens: account.authTokens })) {
    log.twilioRefused({ why: `the signature does not fit ${url}` })
    const message = `The signature does not fit ${url}. PUBLIC_URL must be the URL that Twilio was given, and TWILIO_AUTH_TOKEN its account's token`
    throw new Failure('signature_invalid', message)
  }
  const request = read(form)
  if (request.accountSid !== account.accountSid) {
    log.twilioRefused({ why: 'another account' })
    throw new Failure('signature_invalid', 'AccountSid is not the account of this relay')
  }
  return request
}
