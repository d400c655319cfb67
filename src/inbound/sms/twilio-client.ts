import twilio from 'twilio'

export type TwilioSettings = {
  readonly twilioAccountSid: string
  readonly twilioAuthToken: string
  /** Another base URL than Twilio's own; empty: Twilio's. */
  readonly twilioApiUrl: string
}

export type TwilioClient = ReturnType<typeof twilio>

const TWILIO_API = 'https://api.twilio.com'
/** Shorter than the minute between two rounds of reconciliation, and than a courier's patience. */
const REQUEST_TIMEOUT_MS = 15_000

/** Twilio's own client, sent to another server where the settings say so. It sends nothing by itself. */
export function createTwilioClient(settings: TwilioSettings): TwilioClient {
  const { twilioAccountSid, twilioAuthToken, twilioApiUrl } = settings
  return twilio(twilioAccountSid, twilioAuthToken, {
    httpClient: new RedirectedClient(twilioApiUrl.replace(/\/+$/, '') || TWILIO_API),
  })
}

class RedirectedClient extends twilio.RequestClient {
  private readonly baseUrl: string

  constructor(baseUrl: string) {
    super({ timeout: REQUEST_TIMEOUT_MS })
    this.baseUrl = baseUrl
  }

  override request<T>(
    options: Parameters<typeof twilio.RequestClient.prototype.request<T>>[0],
  ): ReturnType<typeof twilio.RequestClient.prototype.request<T>> {
    return super.request({ ...options, uri: options.uri.replace(TWILIO_API, this.baseUrl) })
  }
}

/** Twilio's answer in a form for people and logs: its own words and code, cut short. */
export function describeTwilioError(error: unknown): string {
  const { code, status, message } = (error ?? {}) as { code?: unknown; status?: unknown; message?: unknown }
  const text = typeof message === 'string' ? message.slice(0, 200) : String(error)
  const number = typeof code === 'number' ? ` (error ${code})` : ''
  return typeof status === 'number' ? `${text}${number}, HTTP ${status}` : text
}
