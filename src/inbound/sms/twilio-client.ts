import type twilioLibrary from 'twilio'

export type TwilioSettings = {
  readonly twilioAccountSid: string
  readonly twilioAuthToken: string
  /** Another base URL than Twilio's own; empty: Twilio's. */
  readonly twilioApiUrl: string
}

type Library = typeof twilioLibrary
export type TwilioClient = ReturnType<Library>

const TWILIO_API = 'https://api.twilio.com'
/** Shorter than the minute between two rounds of reconciliation, and than a courier's patience. */
const REQUEST_TIMEOUT_MS = 15_000

/**
 * Twilio's own client, sent to another server where the settings say so. It sends nothing by itself. The library is
 * loaded only here, as it takes 30 MB and most relays have no Twilio account.
 */
export async function createTwilioClient(settings: TwilioSettings): Promise<TwilioClient> {
  const { twilioAccountSid, twilioAuthToken, twilioApiUrl } = settings
  const { default: twilio } = await import('twilio')
  return twilio(twilioAccountSid, twilioAuthToken, {
    httpClient: redirectedClient(twilio, twilioApiUrl.replace(/\/+$/, '') || TWILIO_API),
  })
}

function redirectedClient(
  { RequestClient }: Library,
  baseUrl: string,
): InstanceType<Library['RequestClient']> {
  const client = new RequestClient({ timeout: REQUEST_TIMEOUT_MS })
  const send = client.request.bind(client)
  client.request = (options) => send({ ...options, uri: options.uri.replace(TWILIO_API, baseUrl) })
  return client
}

/** Twilio's answer in a form for people and logs: its own words and code, cut short. */
export function describeTwilioError(error: unknown): string {
  const { code, status, message } = (error ?? {}) as { code?: unknown; status?: unknown; message?: unknown }
  const text = typeof message === 'string' ? message.slice(0, 200) : String(error)
  const number = typeof code === 'number' ? ` (error ${code})` : ''
  return typeof status === 'number' ? `${text}${number}, HTTP ${status}` : text
}
