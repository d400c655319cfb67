import type { InboundRecord } from '../../../src/domain/inbound-record.ts'
import { codeRecord, FIRST_PAGE, mfaSetup, record, T0 } from '../samples.ts'
import type { OperationCase, Run } from './operation-cases.ts'

type World = {
  readonly connectionId: string
  readonly save: (records: readonly InboundRecord[]) => unknown
}

/** The operations about whom to believe; each finds what it works on. */
export function trustCases(run: Run, { connectionId, save }: World): OperationCase[] {
  const unsure = { ...codeRecord(connectionId), secondLookAt: T0 }
  const { code } = unsure
  const asked = record(connectionId, {
    extraction: {
      kind: 'forwarding_confirmation',
      provider: 'gmail',
      requester: 'pat@gmail.com',
      link: 'https://mail.google.com/mail/vf-x',
      candidates: [],
    },
  })
  const setup = mfaSetup({ method: 'inbox_forwarding', inboxAddresses: ['pat@gmail.com'] })
  const by = { actor: 'x', now: T0 }
  const id = `${connectionId}:email:x.test`
  return [
    { name: 'saveInbound', act: () => save([{ ...unsure, code: null }, asked]) },
    run('configureMfa', connectionId, setup, T0),
    run('getMfa', connectionId),
    run('listUnconfirmed', T0, 10),
    run('noteConfirmation', connectionId, 'pat@gmail.com', {
      messageId: asked.id,
      now: T0,
      result: 'confirmed',
      nextTryAt: null,
    }),
    run('openProof', connectionId, 'pat@gmail.com', { deliveryId: 'd', now: T0 }),
    run('noteProof', connectionId, 'd', T0),
    run('noteDeferral', 'k', T0),
    run('listSecondLooks', T0, 10),
    run('settleSecondLook', unsure.id, {
      verdict: unsure.verdict,
      code,
      deliveries: [],
      nextLookAt: null,
    }),
    run('listPins', {}, FIRST_PAGE),
    run('listPins', { connectionId }, FIRST_PAGE),
    run('listPins', { utility: 'sandbox-power' }, FIRST_PAGE),
    run('approvePin', id, by),
    run('revokePin', id, by),
  ]
}
