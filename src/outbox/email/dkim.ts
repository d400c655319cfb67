import { createPrivateKey } from 'node:crypto'
import { readFileSync } from 'node:fs'

/** Our own DKIM signature (RFC 6376). */
export type DkimSigner = {
  readonly domainName: string
  readonly keySelector: string
  readonly privateKey: string
}

/**
 * Fields that are signed. The unsubscribe fields must be (RFC 8058 §4); the loop mark is worth nothing unsigned
 * to a receiver that passes our copies on.
 */
export const SIGNED_FIELDS = [
  'From',
  'To',
  'Subject',
  'Date',
  'Message-ID',
  'References',
  'MIME-Version',
  'Content-Type',
  'Auto-Submitted',
  'X-MFA-Relay-Loop',
  'List-Unsubscribe',
  'List-Unsubscribe-Post',
].join(':')

/**
 * The key that DKIM_KEY names: PEM text (`\n` may stand for line ends, as in environment files) or a path.
 * Read once at start, since the library would send unsigned without a word if it could not use the key.
 *
 * @returns null when no key is set
 * @throws Error saying what is wrong with it
 */
export function loadDkimSigner(settings: {
  readonly dkimDomain: string
  readonly dkimSelector: string
  readonly dkimKey: string
  readonly mailDomain: string
}): DkimSigner | null {
  if (!settings.dkimKey) return null
  const privateKey = settings.dkimKey.includes('-----BEGIN')
    ? settings.dkimKey.replaceAll('\\n', '\n')
    : readFileSync(settings.dkimKey, 'utf8')
  const key = createPrivateKey(privateKey)
  if (key.asymmetricKeyType !== 'rsa') {
    throw new Error(
      `DKIM_KEY is an ${key.asymmetricKeyType} key; receivers widely verify RSA only (RFC 8301)`,
    )
  }
  return {
    domainName: settings.dkimDomain || settings.mailDomain,
    keySelector: settings.dkimSelector,
    privateKey,
  }
}
