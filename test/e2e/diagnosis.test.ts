import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { codeText, sendMail } from '../support/portal-mail.ts'
import { provision, startRelay, type TestRelay } from '../support/relay.ts'
import { waitFor } from '../support/wait-for.ts'

/* Why a login broke, on a whole relay: what came through the real doors is what support is told. */

type Details = {
  status: string
  statusCause: string | null
  statusErrorDetail: string | null
  statusSuggestion: string | null
}
type Triage = {
  diagnosis: {
    cause: string
    customer: string
    summary: string
    remedy: string
    confidence: number
    attemptId: string
    evidence: { messageId?: string; mailbox?: string }[]
    possibleCauses: { cause: string; likelihood: number }[]
    details: Record<string, string | number>
    nextRung: string
  }
  questions: { leadsTo: string; answer: string | null }[]
  options: { option: string }[]
}
type Login = Awaited<ReturnType<typeof provision>>

let relay: TestRelay
beforeAll(async () => {
  relay = await startRelay()
})
afterAll(async () => {
  await relay.close()
  relay.remove()
})

/** A login that waited in vain, with what happened meanwhile. */
async function breakLogin({ connectionId }: Login, meanwhile: () => Promise<unknown>): Promise<string> {
  const { body } = await relay.api<{ id: string }>('POST', `/v2/connection/${connectionId}/attempt`, {})
  await meanwhile()
  const outcome = { status: 'MFA_TOKEN_EXPIRED', code: 'not_received' }
  const told = await relay.api('POST', `/v2/attempt/${body.id}/outcome`, outcome)
  expect(told.status).toBe(200)
  return body.id
}

const detailsOf = async ({ connectionId }: Login): Promise<Details> =>
  (await relay.api<Details>('GET', `/v2/connection/${connectionId}/details`)).body
const triageOf = async ({ connectionId }: Login): Promise<Triage> =>
  (await relay.api<Triage>('GET', `/v2/connection/${connectionId}/triage`)).body

/** Waits until this cause is written down, and checks that the triage says the same. */
async function expectCause(login: Login, cause: string): Promise<Triage> {
  await waitFor(async () => (await detailsOf(login)).statusCause === cause, `the cause ${cause}`)
  const details = await detailsOf(login)
  const triage = await triageOf(login)
  expect(triage.diagnosis.cause).toBe(cause)
  expect(details).toMatchObject({
    status: 'MFA_TOKEN_EXPIRED',
    statusErrorDetail: triage.diagnosis.summary,
    statusSuggestion: triage.diagnosis.customer,
  })
  return triage
}

describe('a login without a code is explained', () => {
  it('where nothing arrived: all that it may be, with how likely each is', async () => {
    const login = await provision(relay)
    const attemptId = await breakLogin(login, async () => {})
    const { diagnosis, questions, options } = await expectCause(login, 'nothing_arrived')
    expect(diagnosis).toMatchObject({ attemptId, remedy: 'customer', nextRung: expect.any(String) })
    expect(diagnosis.possibleCauses[0]?.cause).toBe('destination_changed')
    expect(diagnosis.possibleCauses.reduce((sum, one) => sum + one.likelihood, 0)).toBeCloseTo(1)
    expect(questions.map(({ leadsTo }) => leadsTo)).toEqual(options.map(({ option }) => option))
  })

  it('where an unknown sender wrote: who, and which message to look at', async () => {
    const login = await provision(relay)
    await breakLogin(login, () =>
      sendMail(relay.ports.smtp, {
        to: login.emailAddress,
        from: 'no-reply@sandbox-power-mail.test',
        text: codeText('620431'),
      }),
    )
    const { diagnosis } = await expectCause(login, 'sender_moved')
    expect(diagnosis).toMatchObject({
      remedy: 'us',
      details: { newSender: expect.stringContaining('sandbox-power-mail.test') },
    })
    const { messageId } = diagnosis.evidence.find((one) => one.messageId)!
    const message = await relay.api('GET', `/v2/message/${messageId}`)
    expect(message.body).toMatchObject({ connectionId: login.connectionId })
    expect(JSON.stringify(diagnosis)).not.toContain('620431')
  })

  it('where the format changed: the message in which no code was recognised', async () => {
    const login = await provision(relay)
    await breakLogin(login, () =>
      sendMail(relay.ports.smtp, {
        to: login.emailAddress,
        subject: 'Your sign-in code',
        html: '<p>Your one-time sign-in code is shown in the picture below.</p><img src="cid:code">',
      }),
    )
    const { diagnosis } = await expectCause(login, 'format_changed')
    expect(diagnosis).toMatchObject({ remedy: 'us' })
    expect(diagnosis.evidence.some(({ messageId }) => messageId)).toBe(true)
  })

  it('where the portal writes to a retired address: that one, and the one in use', async () => {
    const login = await provision(relay)
    const retired = login.emailAddress
    await relay.api('DELETE', `/v2/connection/${login.connectionId}/mfa/mailbox/${retired}`)
    const setUp = await relay.api<{ emailAddress: string }>(
      'PUT',
      `/v2/connection/${login.connectionId}/mfa`,
      {
        method: 'managed_forwarding',
        recipients: { emails: [], phones: [] },
      },
    )
    await breakLogin(login, () =>
      expect(sendMail(relay.ports.smtp, { to: retired, text: codeText('118822') })).rejects.toMatchObject({
        responseCode: 550,
      }),
    )
    const { diagnosis } = await expectCause(login, 'retired_address')
    expect(diagnosis.details).toMatchObject({
      retiredAddress: retired,
      activeAddress: setUp.body.emailAddress,
    })
  })
})

describe('what comes after a broken login', () => {
  it('changes why it broke: the mail was only late', async () => {
    const login = await provision(relay)
    await breakLogin(login, async () => {})
    await expectCause(login, 'nothing_arrived')
    await sendMail(relay.ports.smtp, { to: login.emailAddress, text: codeText('904417') })
    await waitFor(async () => (await detailsOf(login)).statusCause === 'arrived_late', 'the new cause')
    expect((await triageOf(login)).diagnosis.cause).toBe('arrived_late')
  })

  it('or was refused: the portal writes to a retired address', async () => {
    const login = await provision(relay)
    const retired = login.emailAddress
    await relay.api('DELETE', `/v2/connection/${login.connectionId}/mfa/mailbox/${retired}`)
    await relay.api('PUT', `/v2/connection/${login.connectionId}/mfa`, { method: 'managed_forwarding' })
    await breakLogin(login, async () => {})
    await expectCause(login, 'nothing_arrived')
    await expect(sendMail(relay.ports.smtp, { to: retired, text: codeText('118822') })).rejects.toMatchObject(
      { responseCode: 550 },
    )
    await expectCause(login, 'retired_address')
  })

  it('and a login that works forgets it', async () => {
    const login = await provision(relay)
    await breakLogin(login, async () => {})
    await expectCause(login, 'nothing_arrived')
    const attempt = await relay.api<{ id: string }>(
      'POST',
      `/v2/connection/${login.connectionId}/attempt`,
      {},
    )
    await relay.api('POST', `/v2/attempt/${attempt.body.id}/outcome`, { status: 'CONNECTED' })
    expect(await detailsOf(login)).toMatchObject({ status: 'CONNECTED', statusCause: null })
    expect((await triageOf(login)).diagnosis.cause).toBe('healthy')
  })
})
