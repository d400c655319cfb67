import { expect } from 'vitest'
import { random, type Scene } from './secrets-scenario.ts'

/** Requests that are refused, each with a secret in it that the refusal must not repeat. */
export async function sendMalformed(scene: Scene, companyId: string, connectionId: string): Promise<void> {
  const secret = (name: string) => scene.hunt.secret(name, `Quagga${random()}`)
  const path = `/v2/connection/company/${companyId}`
  const mfa = `/v2/connection/${connectionId}/mfa`
  const sent: [string, string, string][] = [
    ['POST', path, `{"password":"${secret('password in broken JSON')}"`],
    ['POST', path, `{"utility":"sandbox-power","password":["${secret('password in a list')}"]}`],
    ['POST', path, `"${secret('password alone')}"`],
    ['PUT', mfa, `{"method":"sms","totpSecret":"${secret('bad TOTP secret')}!!"}`],
    ['PUT', mfa, `{"method":"sms","securityQuestions":[{"question":"","answer":"${secret('bad answer')}"}]}`],
    ['PUT', mfa, `{"method":"sms","securityQuestions":"${secret('answers as text')}"}`],
    ['POST', '/v2/extract', `{"sms":"${secret('extract as text')}"}`],
    ['POST', '/v2/extract', `{"sms":{"Body":"${secret('extract without From')}"}`],
    ['POST', `/v2/connection/${connectionId}/attempt`, `{"runner":["${secret('runner as list')}"]}`],
  ]
  for (const [method, where, raw] of sent) {
    const reply = await scene.call(method, where, undefined, { raw })
    expect(reply.status, `${where} ${raw} ${reply.text}`).toBe(400)
  }
  for (const key of [secret('unknown key'), `${secret('long key')}${'x'.repeat(600)}`]) {
    expect((await scene.call('GET', '/v2/company', undefined, { key })).status).toBe(401)
  }
  const bearer = { key: '', headers: { authorization: `Bearer ${secret('unknown bearer')}` } }
  expect((await scene.call('GET', '/v2/company', undefined, bearer)).status).toBe(401)
  for (const where of ['attempt', 'message', 'company', 'connection', 'r/stop', 'elsewhere']) {
    await scene.call(
      'GET',
      `/${where.includes('/') ? '' : 'v2/'}${where}/${secret(`in the path of ${where}`)}`,
    )
  }
  const tooLarge = { raw: JSON.stringify({ password: secret('in a large body').repeat(20_000) }) }
  expect((await scene.call('POST', path, undefined, tooLarge)).status).toBe(413)
}
