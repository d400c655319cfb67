import type { Cause } from '../../src/domain/diagnosis.ts'

/** How codes come to a simulated customer's logins. */
export type Way = 'managed' | 'inbox' | 'sms' | 'questions' | 'app' | 'automatic'

/** How the portal, the mail on its way, the customer and the runner behave during one login. */
export type Weather = {
  /** `captcha`: the runner never gets to the code. `nothing`: the device is remembered. */
  readonly asks: 'code' | 'nothing' | 'captcha'
  readonly outage: 'none' | 'website_down' | 'password_changed' | 'locked'
  readonly sends: boolean
  readonly sender: 'usual' | 'stranger'
  readonly wording: 'usual' | 'picture' | 'two_codes' | 'link'
  readonly resendAfterMs: number
  readonly delayMs: number
  /** Where the portal sends codes to, as the customer set it. */
  readonly destination: 'ours' | 'elsewhere' | 'retired' | 'sibling'
  /** What the customer's inbox does with them. */
  readonly rule: 'redirects' | 'off' | 'blocked' | 'writes_new' | 'changes_body'
  /** The utility's own signature and SPF. */
  readonly isSigned: boolean
  /** The portal refuses even the right code. */
  readonly refuses: boolean
  /** A code of a sign-in of the customer's own comes first, sent so long before the login. */
  readonly strayBeforeMs: number
  readonly runner: 'waits' | 'gives_up' | 'types_late' | 'ignores' | 'refuses_candidates'
}

export const FAIR: Weather = {
  asks: 'code',
  outage: 'none',
  sends: true,
  sender: 'usual',
  wording: 'usual',
  resendAfterMs: 0,
  delayMs: 4_000,
  destination: 'ours',
  rule: 'redirects',
  isSigned: true,
  refuses: false,
  strayBeforeMs: 0,
  runner: 'waits',
}

/** Something that goes wrong at a customer, what it truly is, and the class it belongs to. */
export type Trouble = {
  readonly name: string
  readonly truth: Cause
  readonly ways: readonly Way[]
  readonly weather: Partial<Weather>
  /** Which logins it spoils, in turn; all where it is left out. */
  readonly pattern?: readonly boolean[]
  /** Only at a connection that is new. */
  readonly fromTheStart?: true
}

const MINUTE = 60_000
const BY_MAIL: readonly Way[] = ['managed', 'inbox']
const BY_CODE: readonly Way[] = ['managed', 'inbox', 'sms']

/** Everything that happens in the year. */
export const TROUBLES: readonly Trouble[] = [
  { name: 'portal drops the mail', truth: 'nothing_arrived', ways: BY_CODE, weather: { sends: false } },
  {
    name: 'forwarding rule switched off',
    truth: 'nothing_arrived',
    ways: ['inbox'],
    weather: { rule: 'off' },
  },
  {
    name: 'Microsoft blocks forwarding',
    truth: 'nothing_arrived',
    ways: ['inbox'],
    weather: { rule: 'blocked' },
  },
  {
    name: 'filter misses the new sender',
    truth: 'nothing_arrived',
    ways: ['inbox'],
    weather: { sender: 'stranger', rule: 'off' },
  },
  {
    name: 'destination changed at the portal',
    truth: 'nothing_arrived',
    ways: BY_CODE,
    weather: { destination: 'elsewhere' },
  },
  { name: 'portal moves its sender', truth: 'sender_moved', ways: BY_CODE, weather: { sender: 'stranger' } },
  {
    name: 'portal sends codes as a picture',
    truth: 'format_changed',
    ways: BY_MAIL,
    weather: { wording: 'picture' },
  },
  {
    name: 'portal sends a link instead',
    truth: 'format_changed',
    ways: BY_CODE,
    weather: { wording: 'link' },
  },
  { name: 'two codes in one message', truth: 'ambiguous', ways: BY_CODE, weather: { wording: 'two_codes' } },
  { name: 'portal stops signing', truth: 'untrusted', ways: BY_MAIL, weather: { isSigned: false } },
  { name: 'rule writes a new message', truth: 'untrusted', ways: ['inbox'], weather: { rule: 'writes_new' } },
  {
    name: 'forwarder changes the body',
    truth: 'untrusted',
    ways: ['inbox'],
    weather: { rule: 'changes_body' },
  },
  { name: 'mail waits in a queue', truth: 'arrived_late', ways: BY_CODE, weather: { delayMs: 25 * MINUTE } },
  {
    name: 'runner gives up too early',
    truth: 'arrived_late',
    ways: BY_MAIL,
    weather: { delayMs: 3 * MINUTE, runner: 'gives_up' },
  },
  {
    name: 'address was retired',
    truth: 'retired_address',
    ways: BY_MAIL,
    weather: { destination: 'retired' },
  },
  {
    name: 'address of the sister login',
    truth: 'other_connection',
    ways: BY_CODE,
    weather: { destination: 'sibling' },
  },
  {
    name: 'portal resends by itself',
    truth: 'rejected_superseded',
    ways: BY_CODE,
    weather: { resendAfterMs: 15_000 },
  },
  {
    name: 'code of another sign-in',
    truth: 'rejected_stale',
    ways: BY_MAIL,
    weather: { strayBeforeMs: 100_000, delayMs: 40 * MINUTE },
  },
  {
    name: 'runner types too late',
    truth: 'rejected_stale',
    ways: BY_CODE,
    weather: { runner: 'types_late' },
  },
  {
    name: 'portal refuses the right code',
    truth: 'rejected_wrong',
    ways: BY_CODE,
    weather: { refuses: true },
  },
  {
    name: 'answer changed at the portal',
    truth: 'rejected_wrong',
    ways: ['questions'],
    weather: { refuses: true },
  },
  { name: 'authenticator set up anew', truth: 'rejected_wrong', ways: ['app'], weather: { refuses: true } },
  {
    name: 'portal locks the login',
    truth: 'account_locked',
    ways: ['managed', 'inbox', 'sms', 'questions', 'app'],
    weather: { outage: 'locked' },
  },
  {
    name: 'codes come and go',
    truth: 'works_on_and_off',
    ways: BY_CODE,
    weather: { sends: false },
    pattern: [true, false, true, false, true],
  },
  {
    name: 'new short code, candidates held',
    truth: 'candidate_held',
    ways: ['sms'],
    weather: { sender: 'stranger', runner: 'refuses_candidates' },
  },
  { name: 'runner loses the code', truth: 'not_collected', ways: BY_CODE, weather: { runner: 'ignores' } },
  { name: 'CAPTCHA before the code', truth: 'never_asked', ways: BY_CODE, weather: { asks: 'captcha' } },
  {
    name: 'portal begins to ask for codes',
    truth: 'no_way_for_codes',
    ways: ['automatic'],
    weather: { sends: false },
  },
  {
    name: 'portal asks a new question',
    truth: 'no_way_for_codes',
    ways: ['questions'],
    weather: { sends: false },
  },
  {
    name: 'website down',
    truth: 'not_about_codes',
    ways: ['managed', 'inbox', 'sms', 'questions', 'app', 'automatic'],
    weather: { outage: 'website_down' },
  },
  {
    name: 'password changed',
    truth: 'not_about_codes',
    ways: ['managed', 'inbox', 'sms', 'questions', 'app', 'automatic'],
    weather: { outage: 'password_changed' },
  },
  {
    name: 'portal remembers the device',
    truth: 'healthy',
    ways: ['managed', 'inbox', 'sms', 'automatic'],
    weather: { asks: 'nothing' },
    pattern: [true, true, true, true, true, true],
  },
  {
    name: 'forwarding never confirmed',
    truth: 'forwarding_unconfirmed',
    ways: ['inbox'],
    weather: { rule: 'off' },
    fromTheStart: true,
  },
  {
    name: 'number gets no short codes',
    truth: 'short_codes_blocked',
    ways: ['sms'],
    weather: { sends: false },
    fromTheStart: true,
  },
]
