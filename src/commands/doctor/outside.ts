import nodemailer from 'nodemailer'
import type { Config } from '../../config.ts'
import { type Finding, PATIENCE_MS, reason } from './check.ts'

/** Does the server that carries our copies answer, and accept our login? */
export async function checkOutbound({ outboundSmtpUrl }: Config): Promise<Finding[]> {
  const part = 'outbound mail'
  if (!outboundSmtpUrl) {
    return [{ part, state: 'off', text: 'copies by e-mail are off (OUTBOUND_SMTP_URL)' }]
  }
  const { hostname, port } = new URL(outboundSmtpUrl)
  const transport = nodemailer.createTransport({
    url: outboundSmtpUrl,
    connectionTimeout: PATIENCE_MS,
    greetingTimeout: PATIENCE_MS,
  })
  try {
    await transport.verify()
    return [{ part, state: 'ok', text: `${hostname}:${port || 'default port'} accepts us` }]
  } catch (error) {
    const advice = 'check OUTBOUND_SMTP_URL: host, port, user and password'
    return [{ part, state: 'fail', text: `${hostname}: ${reason(error)}`, advice }]
  } finally {
    transport.close()
  }
}

/** Does Twilio know our account, and do our numbers belong to it? */
export async function checkTwilio(config: Config): Promise<Finding[]> {
  const part = 'Twilio'
  const { twilioAccountSid, twilioAuthToken, smsNumbers } = config
  if (!twilioAccountSid) return [{ part, state: 'off', text: 'text messages are off (TWILIO_ACCOUNT_SID)' }]
  const base = config.twilioApiUrl || 'https://api.twilio.com'
  const authorization = `Basic ${Buffer.from(`${twilioAccountSid}:${twilioAuthToken}`).toString('base64')}`
  const get = (path: string) =>
    fetch(`${base}/2010-04-01/Accounts/${twilioAccountSid}${path}`, {
      headers: { authorization },
      signal: AbortSignal.timeout(PATIENCE_MS),
    })
  try {
    const response = await get('/IncomingPhoneNumbers.json?PageSize=1000')
    if (response.status === 401) {
      const advice = 'check TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN'
      return [{ part, state: 'fail', text: 'Twilio does not accept our credentials', advice }]
    }
    if (!response.ok) throw new Error(`Twilio answered ${response.status}`)
    const { incoming_phone_numbers: owned } = (await response.json()) as {
      incoming_phone_numbers: { phone_number: string }[]
    }
    const missing = smsNumbers.filter((number) => !owned.some(({ phone_number }) => phone_number === number))
    if (missing.length === 0) return [{ part, state: 'ok', text: `${owned.length} number(s) on the account` }]
    const text = `not on the account: ${missing.join(', ')}`
    return [{ part, state: 'fail', text, advice: 'correct SMS_NUMBERS, or buy these numbers' }]
  } catch (error) {
    return [{ part, state: 'fail', text: reason(error), advice: 'is api.twilio.com reachable from here?' }]
  }
}
