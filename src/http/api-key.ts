import { createHash, randomBytes } from 'node:crypto'

/** A new API key: 32 random bytes behind a prefix that secret scanners and people recognise. */
export const newApiKey = (): string => `mr_${randomBytes(32).toString('base64url')}`

/** What is stored of a key and looked up: its SHA-256 as hex. Keys are random, so a slow hash adds nothing. */
export const hashApiKey = (key: string): string => createHash('sha256').update(key).digest('hex')
