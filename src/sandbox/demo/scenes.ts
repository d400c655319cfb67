import { type Code, CodeTimeout } from '../../client/index.ts'
import { collectBill, type RunnerStep } from '../runner.ts'
import type { SentCode } from '../send-code.ts'
import type { Scene } from './screen.ts'
import { ACCOUNT, expect, kindOfRule, type Mfa, RECIPIENTS, type Stage, type StoredMessage } from './stage.ts'

/* Each scene plays a part of the story on the stage, and checks that it really happened before it ends. */

/** Long enough for the message to arrive, short enough for a demo. */
const VAIN_WAIT_MS = 1_000

/** The operator makes a company and a connection, and says how codes shall come. */
export async function provision(stage: Stage, scene: Scene): Promise<void> {
  const company = await stage.api<{ id: string }>('POST', '/v2/company', {
    name: 'Example Energy',
    features: { smsRelay: true },
  })
  const connection = await stage.api<{ id: string; status: string }>(
    'POST',
    `/v2/connection/company/${company.id}`,
    { utility: 'sandbox-power', username: ACCOUNT.username, password: ACCOUNT.password },
  )
  stage.connectionId = connection.id
  scene.tell('operator', 'makes a company and a connection to Sandbox Power')
  expect(connection.status === 'PENDING', 'a new connection is PENDING')
  const mfa = await stage.putMfa('managed_forwarding')
  expect(mfa.emailAddress !== undefined, 'provisioning gives an address')
  scene.tell('relay', `gives the connection an address: ${mfa.emailAddress}`)
  scene.tell('operator', `wants copies to go to ${RECIPIENTS.emails[0]} and ${RECIPIENTS.phones[0]}`)
  pointPortalAt(stage, mfa)
  scene.tell('customer', 'sets that address at the portal, as the place where codes go')
}

/** A code comes by e-mail: asked for, mailed, read, claimed, accepted, copied. */
export async function codeByEmail(stage: Stage, scene: Scene): Promise<void> {
  const { code } = await signInWell(stage, scene, {})
  const mail = await stage.customer.waitFor(
    ({ parsed }) => (parsed.text ?? '').includes(code),
    stage.patienceMs,
  )
  expect(mail.envelope.to.join() === RECIPIENTS.emails[0], 'the copy goes to the customer')
  scene.tell('customer', `finds a copy in the inbox: "${mail.parsed.subject}"`, mail.receivedAt)
  await findText(stage, scene, code)
}

/** The same by SMS. */
export async function codeBySms(stage: Stage, scene: Scene): Promise<void> {
  const mfa = await stage.putMfa('sms')
  expect(mfa.phoneNumber !== undefined, 'provisioning gives a number')
  expect(mfa.emailAddress !== undefined, 'the address stays')
  scene.tell('operator', `adds a number to the connection: ${mfa.phoneNumber}`)
  pointPortalAt(stage, mfa)
  const { code } = await signInWell(stage, scene, { via: 'sms' })
  await findText(stage, scene, code)
  const mail = await stage.customer.waitFor(
    ({ parsed }) => (parsed.text ?? '').includes(code),
    stage.patienceMs,
  )
  scene.tell('customer', `finds a copy in the inbox too: "${mail.parsed.subject}"`, mail.receivedAt)
}

/** A code from a sender that the utility never had: kept, shown to support, handed to nobody. */
export async function unknownSender(stage: Stage, scene: Scene): Promise<void> {
  const copiesBefore = (await stage.deliveries()).length
  const { message, sent } = await signInInVain(stage, scene, { wrongSender: 'true' })
  expect(message.verdict.level === 'untrusted' && message.quarantined, 'an unknown sender is quarantined')
  expect((await stage.deliveries()).length === copiesBefore, 'a quarantined message is not copied')
  expect(!stage.hasReachedCustomer(sent.code), 'its code reaches nobody')
  scene.tell('relay', `keeps the message of ${message.sender} in quarantine: no code, no copy`, sent.takenAt)
  scene.add(message.verdict.reasons[0]?.text ?? '')
}

/** A message with two different codes: a wrong one would lock the account, so none is handed out. */
export async function twoCodes(stage: Stage, scene: Scene): Promise<void> {
  const mailsBefore = [...stage.customer.mails]
  const { message, sent } = await signInInVain(stage, scene, { twoCodes: 'true' })
  const { kind, reason } = message.extraction
  expect(message.verdict.level === 'trusted', 'the sender is known')
  expect(kind === 'none' && reason === 'ambiguous', 'two codes are ambiguous')
  scene.tell('relay', 'finds two codes that fit, and hands out none: a wrong one could lock', sent.takenAt)
  const mail = await stage.customer.waitFor((each) => !mailsBefore.includes(each), stage.patienceMs)
  expect(
    mail.parsed.attachments.some(({ mimeType }) => mimeType === 'message/rfc822'),
    'the customer gets the message itself',
  )
  scene.tell(
    'customer',
    `gets the message itself: "${mail.parsed.subject}", original attached`,
    mail.receivedAt,
  )
}

/** The same message twice: one row, one code, one copy each. */
export async function duplicate(stage: Stage, scene: Scene): Promise<void> {
  const before = await stage.messages()
  const copiesBefore = (await stage.deliveries()).length
  const { code } = await signInWell(stage, scene, { duplicate: 'true' })
  const after = await stage.messages()
  expect(after.length === before.length + 1, 'a repeated message is kept once')
  await stage.until('every copy is sent', async () =>
    (await stage.deliveries()).every(({ state }) => state === 'sent'),
  )
  const copies = (await stage.deliveries()).length - copiesBefore
  const expected = RECIPIENTS.emails.length + RECIPIENTS.phones.length
  expect(copies === expected, 'a repeated message is copied once to each recipient')
  const mails = stage.customer.mails.filter(({ parsed }) => (parsed.text ?? '').includes(code))
  expect(mails.length === 1, 'one copy of it is in the inbox')
  scene.tell('relay', 'took the message twice, keeps it once: one code, one copy to each')
}

/** A login that works, told step by step. */
async function signInWell(
  stage: Stage,
  scene: Scene,
  query: Record<string, string>,
): Promise<{ code: string }> {
  const sentBefore = stage.portal.sent.length
  let claimed: { code: Code; at: number } | undefined
  const bill = await collectBill(
    stage.client,
    stage.connectionId,
    request(stage, query, stage.patienceMs),
    (step) => {
      if (step.step === 'claimed') claimed = { code: step.code, at: Date.now() }
      tellStep(scene, step)
    },
  )
  const sent = await stage.until('the portal has sent its code', async () => stage.portal.sent[sentBefore])
  expect(claimed !== undefined && claimed.code.code === sent.code, 'the runner gets the code that was sent')
  expect(new TextDecoder().decode(bill.subarray(0, 5)) === '%PDF-', 'the runner gets a bill')
  tellSending(scene, sent, query.duplicate ? 'twice, the same message' : '')
  const { verdict, rule } = claimed!.code
  const ms = claimed!.at - Date.parse(claimed!.code.receivedAt)
  scene.tell(
    'relay',
    `hands ${sent.code} to the runner, ${ms} ms after it came (${verdict}, by ${kindOfRule(rule)})`,
    claimed!.at,
  )
  expect((await stage.connection()).status === 'CONNECTED', 'the connection is CONNECTED')
  return { code: sent.code }
}

/** A login that gets no code. */
async function signInInVain(
  stage: Stage,
  scene: Scene,
  query: Record<string, string>,
): Promise<{ message: StoredMessage; sent: SentCode }> {
  const [sentBefore, before] = [stage.portal.sent.length, await stage.messages()]
  const steps: RunnerStep['step'][] = []
  const login = collectBill(stage.client, stage.connectionId, request(stage, query, VAIN_WAIT_MS), (step) => {
    steps.push(step.step)
    if (step.step === 'opened') stage.vainAttempts.push(step.attemptId)
    tellStep(scene, step)
  })
  const failure = await login.then(
    () => null,
    (error: unknown) => error,
  )
  expect(failure instanceof CodeTimeout, `the runner gets no code${failure ? '' : ', but it did'}`)
  expect(!steps.includes('claimed'), 'nothing is handed out')
  scene.tell('runner', `gives up after ${VAIN_WAIT_MS / 1000} s and reports that no code came`)
  const { status } = await stage.connection()
  expect(status === 'MFA_TOKEN_EXPIRED', 'the connection is MFA_TOKEN_EXPIRED')
  scene.tell('relay', `moves the connection to ${status}`)
  const sent = await stage.until('the portal has sent its code', async () => stage.portal.sent[sentBefore])
  tellSending(scene, sent, '')
  const after = await stage.messages()
  expect(after.length === before.length + 1, 'the message is kept')
  return { message: after[0]!, sent }
}

const request = (stage: Stage, query: Record<string, string>, codeTimeoutMs: number) => ({
  portalUrl: stage.portal.url,
  username: ACCOUNT.username,
  password: ACCOUNT.password,
  query,
  codeTimeoutMs,
})

function tellStep(scene: Scene, step: RunnerStep): void {
  if (step.step === 'opened') scene.tell('runner', `opens an attempt and signs in as ${ACCOUNT.username}`)
  if (step.step === 'asked') scene.tell('runner', 'is asked for a code, and waits for it at the relay')
  if (step.step === 'accepted') scene.tell('portal', 'accepts the code')
  if (step.step === 'collected') scene.tell('runner', `has the bill: a PDF of ${step.bytes} bytes`)
}

function tellSending(scene: Scene, { channel, to, startedAt, takenAt }: SentCode, how: string): void {
  const verb = channel === 'email' ? 'mails' : 'texts'
  scene.tell('portal', `${verb} a code to ${to}${how ? `, ${how}` : ''}`, startedAt)
  scene.tell('relay', `has it on disk and says ${channel === 'email' ? '250' : '200'}`, takenAt)
}

async function findText(stage: Stage, scene: Scene, code: string): Promise<void> {
  const text = await stage.until('the copy by SMS', async () =>
    stage.texts().find(({ body }) => body.includes(code)),
  )
  expect(text.to === RECIPIENTS.phones[0], 'the copy by SMS goes to the customer')
  scene.tell('customer', `gets a copy by SMS: "${text.body.split('.')[0]}."`, text.at)
}

function pointPortalAt(stage: Stage, mfa: Mfa): void {
  stage.portal.putAccount({ ...ACCOUNT, email: mfa.emailAddress, phone: mfa.phoneNumber })
}
