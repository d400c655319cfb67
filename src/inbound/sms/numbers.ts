import { Failure } from '../../domain/failure.ts'
import { TWILIO_SMS_PATH } from './routes.ts'
import { describeTwilioError, type TwilioClient } from './twilio-client.ts'

export type TwilioNumbersDeps = {
  readonly client: Pick<TwilioClient, 'availablePhoneNumbers' | 'incomingPhoneNumbers'>
  readonly publicUrl: () => string
}

/** Buys numbers and gives them back; fits the port of the provisioning room. */
export type TwilioNumbers = {
  buy(request: { readonly country: string }): Promise<{ address: string; providerSid: string }>
  release(providerSid: string): Promise<void>
}

/** Twilio retries a webhook once and only when it cannot connect; this asks for five times, whatever failed. */
const RETRIES = '#rc=5&rp=all'
/** Somebody else may take a number between the search and the purchase. */
const CANDIDATES = 5
const NUMBER_TAKEN = new Set([21_422, 21_404])

/** Twilio's number pool. What fails is a Failure that names Twilio's own reason. */
export function twilioNumbers({ client, publicUrl }: TwilioNumbersDeps): TwilioNumbers {
  return {
    async buy({ country }) {
      const smsUrl = `${publicUrl().replace(/\/+$/, '')}${TWILIO_SMS_PATH}${RETRIES}`
      for (const phoneNumber of await findAvailable(client, country)) {
        const bought = await purchase(client, phoneNumber, smsUrl)
        if (bought) return { address: bought.phoneNumber, providerSid: bought.sid }
      }
      throw new Failure('no_number_available', `Twilio has no number for text messages in ${country} now`)
    },
    async release(providerSid) {
      try {
        await client.incomingPhoneNumbers(providerSid).remove()
      } catch (error) {
        if (statusOf(error) !== 404) throw upstream('release a number', error)
      }
    },
  }
}

/** Local numbers first; in many countries only mobile ones receive text messages. */
async function findAvailable(client: TwilioNumbersDeps['client'], country: string): Promise<string[]> {
  const pool = client.availablePhoneNumbers(country)
  const wanted = { smsEnabled: true, limit: CANDIDATES, pageSize: CANDIDATES }
  const local = await numbersOf(pool.local.list(wanted))
  return local.length > 0 ? local : numbersOf(pool.mobile.list(wanted))
}

async function numbersOf(search: Promise<readonly { phoneNumber: string }[]>): Promise<string[]> {
  try {
    return (await search).map(({ phoneNumber }) => phoneNumber)
  } catch (error) {
    // Twilio sells no numbers of this kind in this country.
    if (statusOf(error) === 404) return []
    throw upstream('search for a number', error)
  }
}

/** Null: taken meanwhile. */
async function purchase(client: TwilioNumbersDeps['client'], phoneNumber: string, smsUrl: string) {
  try {
    return await client.incomingPhoneNumbers.create({
      phoneNumber,
      smsUrl,
      smsMethod: 'POST',
      friendlyName: 'mfa-relay',
    })
  } catch (error) {
    if (NUMBER_TAKEN.has(Number((error as { code?: unknown }).code))) return null
    throw upstream('buy a number', error)
  }
}

const statusOf = (error: unknown): unknown => (error as { status?: unknown } | null)?.status

const upstream = (what: string, error: unknown): Failure =>
  new Failure('upstream_failed', `Twilio could not ${what}: ${describeTwilioError(error)}`)
