import { openSqliteStore } from '../../../src/store/sqlite/open.ts'
import { attempt, codeRecord, provision, rules } from '../samples.ts'

/*
 * Run as a process of its own by killed.test.ts: saves messages and claims codes without pause, and prints a line
 * for each only after the store said that it is durable. Ends by being killed.
 */
const [path = '', key = ''] = process.argv.slice(2)
const store = await openSqliteStore({ path, masterKeys: [Buffer.from(key, 'hex')] })
const print = (line: object) => process.stdout.write(`${JSON.stringify(line)}\n`)

for (;;) {
  const { connectionId, address } = await provision(store)
  const { id: attemptId } = await store.openAttempt(attempt(connectionId))
  const messages = Array.from({ length: 8 }, () => codeRecord(connectionId, {}, { mailbox: address }))
  await Promise.all(
    messages.map(async (message) => {
      await store.saveInbound([message])
      print({ messageId: message.id })
    }),
  )
  const claim = await store.claimCode(attemptId, rules(), 'key:runner')
  if (claim.kind === 'code') print({ attemptId, codeId: claim.code.id })
}
