import type { SeenMessage } from '../../client/index.ts'
import type { Screen } from './screen.ts'
import { ACCOUNT, type Delivery, expect, kindOfRule, type Stage, type StoredMessage } from './stage.ts'

type SeenAttempt = { readonly seen: readonly SeenMessage[]; readonly closedAt: string }

/** What support would see of all this: the API's answers, condensed. */
export async function showSupport(screen: Screen, stage: Stage): Promise<void> {
  const [connection, messages, deliveries] = await Promise.all([
    stage.connection(),
    stage.messages(),
    stage.deliveries(),
  ])
  screen.heading('What support sees')
  screen.facts([
    [
      'connection',
      `${connection.status}${connection.statusErrorDetail ? `: ${connection.statusErrorDetail}` : ''}`,
    ],
    ['copies', countBy(deliveries.map(({ state }) => state))],
  ])
  expect(connection.status === 'CONNECTED', 'the connection is CONNECTED in the end')
  expect(
    deliveries.every(({ state }) => state === 'sent'),
    'every copy was sent',
  )
  screen.table([
    ['arrived', 'by', 'from', 'verdict', 'found', 'copies'],
    ...messages.toReversed().map((message) => row(message, deliveries)),
  ])
  for (const attemptId of stage.vainAttempts) {
    const { seen, closedAt } = await stage.api<SeenAttempt>('GET', `/v2/attempt/${attemptId}`)
    const during = seen.filter(({ receivedAt }) => receivedAt <= closedAt)
    expect(during.length > 0, 'an attempt in vain says what arrived')
    screen.paragraph(`Attempt ${attemptId} got no code: ${during.map(({ text }) => text).join(' ')}`)
  }
}

function row(message: StoredMessage, deliveries: readonly Delivery[]): string[] {
  const { kind, reason, rule } = message.extraction
  return [
    message.receivedAt.slice(11, 23),
    message.channel,
    message.sender ?? '',
    message.quarantined ? 'quarantined' : message.verdict.level,
    kind === 'code' ? `code, by ${kindOfRule(rule ?? '')}` : `${kind}${reason ? `, ${reason}` : ''}`,
    String(deliveries.filter(({ messageId }) => messageId === message.id).length),
  ]
}

function countBy(states: readonly string[]): string {
  const counts = new Map<string, number>()
  for (const state of states) counts.set(state, (counts.get(state) ?? 0) + 1)
  return [...counts].map(([state, count]) => `${count} ${state}`).join(', ')
}

/** What to try next, to be pasted into another terminal. */
export function whatToTry(screen: Screen, { relay, adminKey, connectionId, portal }: Stage): void {
  const key = `-H 'X-API-KEY: ${adminKey}'`
  screen.heading('It stays up: try it')
  screen.paragraph('Be the runner: open an attempt, let the portal send a code, wait for it.')
  screen.code(
    [
      `curl -s -X POST ${key} ${relay.url}/v2/connection/${connectionId}/attempt`,
      `curl -s -o /dev/null '${portal.url}/login' -d 'username=${ACCOUNT.username}' -d 'password=${ACCOUNT.password}'`,
      `curl -s ${key} '${relay.url}/v2/attempt/ATTEMPT_ID/code?wait=30'`,
    ].join('\n'),
  )
  screen.paragraph('Make the portal misbehave, and see what arrived.')
  screen.code(
    [
      `curl -s ${portal.url}/sandbox/knobs -d '{"changedFormat": true, "delayMs": 3000}'`,
      `curl -s ${key} ${relay.url}/v2/connection/${connectionId}/messages`,
    ].join('\n'),
  )
  screen.paragraph('Look around in a browser.')
  screen.code(
    [`${relay.url}/docs`, `${portal.url}/login   ${ACCOUNT.username} / ${ACCOUNT.password}`].join('\n'),
  )
  screen.paragraph('Ctrl-C ends it.')
  screen.heading('')
}
