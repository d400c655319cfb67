import { newId } from '../src/domain/id.ts'
import { SMS_REPORT_PATH, type SmsReport } from '../src/domain/sms-report.ts'
import { createApp } from '../src/http/app.ts'
import { reportRoute } from '../src/inbound/sms/report-route.ts'
import type { Target } from './loop.ts'
import type { Random } from './random.ts'
import { ACCOUNT, change, type Pair, sign, split, TOKEN, URL_OF_RELAY } from './twilio.ts'

/*
 * What Twilio tells of texts: forms that were changed before or after they were signed, brought to the URL of their own
 * delivery, of another, or to one with a piece of the form in it. Broken promises: 5xx; a report that was not signed for
 * this very delivery; an error that is none of ours.
 */

const STATUSES = ['queued', 'sent', 'delivered', 'undelivered', 'failed', 'read', 'canceled', 'pondering']
const KEYS = ['MessageSid', 'AccountSid', 'MessageStatus', 'ErrorCode', 'SmsSid', '__proto__', '']

export async function reportTarget(): Promise<Target> {
  const noted: { id: string; report: SmsReport }[] = []
  const app = createApp({
    auth: { identify: async () => null },
    routes: [
      reportRoute({
        account: { accountSid: ACCOUNT, authTokens: [TOKEN] },
        publicUrl: () => URL_OF_RELAY,
        noteSmsReport: async (id, report) => {
          noted.push({ id, report })
          return { stopped: false }
        },
      }),
    ],
  })
  return {
    async round(random) {
      noted.length = 0
      const form = random.chance(0.6) ? change(random, validForm(random), KEYS) : validForm(random)
      const path = `${SMS_REPORT_PATH}/${newId()}`
      const signature = random.chance(0.8) ? sign(form, path) : random.text(28)
      const sentTo = otherPath(random, path, form)
      const sent = random.chance(0.4) ? split(random, form) : form
      const response = await app.request(sentTo, {
        method: 'POST',
        headers: {
          'content-type': 'application/x-www-form-urlencoded',
          'x-twilio-signature': signature.replace(/[^\x20-\x7e]/g, '?').trim(),
        },
        body: new URLSearchParams(sent.map(([key, value]): Pair => [key, value])).toString(),
      })
      if (response.status >= 500) throw new Error(`${response.status} ${await response.text()}`)
      const [one] = noted
      if (one && (sentTo !== path || one.id !== path.slice(-36) || signature !== sign(form, path)))
        throw new Error(`noted without a signature: ${JSON.stringify({ sentTo, path, sent })}`)
      // A form that Twilio would never sign, with a key twice, may be cut into one with each key once.
      const isTwilios = new Set(form.map(([key]) => key)).size === form.length
      if (one && isTwilios) checkNoted(one.report, form)
      return `${response.status}${one ? `, ${one.report.state}` : ''}`
    },
    stop: async () => {},
  }
}

const validForm = (random: Random): Pair[] => [
  [
    'MessageSid',
    `SM${random
      .int(0, 2 ** 31)
      .toString(16)
      .padStart(32, '0')}`,
  ],
  ['AccountSid', ACCOUNT],
  ['MessageStatus', random.pick(STATUSES)],
  ...(random.chance(0.5) ? [['ErrorCode', random.pick(['30003', '30005', '21610', 'x'])] as Pair] : []),
  ['To', '+14155550123'],
]

function otherPath(random: Random, path: string, form: readonly Pair[]): string {
  const [key, value] = [...form].sort(([a], [b]) => (a < b ? -1 : 1))[0] ?? ['', '']
  return random.pick([
    path,
    path,
    path,
    `${SMS_REPORT_PATH}/${newId()}`,
    `${path}${encodeURIComponent((key + value).toWellFormed())}`,
    `${path}/`,
    `${SMS_REPORT_PATH}/${encodeURIComponent(random.text(40).toWellFormed())}`,
  ])
}

function checkNoted({ sid, error }: SmsReport, form: readonly Pair[]): void {
  const signedAs = (key: string) => form.find(([name]) => name === key)?.[1]
  if (signedAs('MessageSid') !== sid) throw new Error(`noted for ${sid}: ${JSON.stringify(form)}`)
  if (error !== null && signedAs('ErrorCode') !== String(error))
    throw new Error(`noted as ${error}: ${JSON.stringify(form)}`)
}
