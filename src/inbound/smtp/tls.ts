import { type FSWatcher, readFileSync, watch } from 'node:fs'
import { dirname } from 'node:path'
import { createSecureContext } from 'node:tls'
import { log } from '../../log.ts'
import { type Certificate, ownCertificate } from './certificate.ts'

export type TlsSettings = {
  /** PEM files; both empty: a self-made certificate in `dataDir`. */
  readonly tlsCert: string
  readonly tlsKey: string
  readonly dataDir: string
  readonly hostName: string
}

export type CertificateWatch = { readonly initial: Certificate; close(): void }

/** Renewal tools write several files one after the other; reading waits until they pause. */
const SETTLE_MS = 200

/**
 * The certificate for STARTTLS, and word of each new one: renewed certificates are used without a restart. A pair
 * that does not fit is not used; what was in force stays.
 *
 * @throws Error when there is no usable certificate to begin with
 */
export function watchCertificate(
  settings: TlsSettings,
  onChange: (certificate: Certificate) => void,
): CertificateWatch {
  const { tlsCert, tlsKey, dataDir, hostName } = settings
  if (!tlsCert) return { initial: ownCertificate(dataDir, hostName), close: () => {} }
  const initial = readPair(tlsCert, tlsKey)
  let current = initial
  let settling: NodeJS.Timeout | undefined
  const reload = (): void => {
    try {
      const next = readPair(tlsCert, tlsKey)
      if (next.cert === current.cert && next.key === current.key) return
      current = next
      onChange(next)
      log.certificateReloaded({ file: tlsCert })
    } catch (error) {
      log.certificateRefused({ file: tlsCert, error })
    }
  }
  const settle = (): void => {
    clearTimeout(settling)
    settling = setTimeout(reload, SETTLE_MS)
    settling.unref()
  }
  const watchers = watchFolders([tlsCert, tlsKey], settle)
  return {
    initial,
    close: () => {
      clearTimeout(settling)
      for (const watcher of watchers) watcher.close()
    },
  }
}

function readPair(certFile: string, keyFile: string): Certificate {
  const pair = { cert: readFileSync(certFile, 'utf8'), key: readFileSync(keyFile, 'utf8') }
  // Throws when key and certificate do not belong together, as between the two writes of a renewal.
  createSecureContext(pair)
  return pair
}

/** Folders, not files: renewal replaces a file or the link to it, and a watch on the old one would see nothing. */
function watchFolders(files: readonly string[], onEvent: () => void): FSWatcher[] {
  return [...new Set(files.map((file) => dirname(file)))].map((folder) =>
    watch(folder, { persistent: false }, onEvent).on('error', (error) =>
      log.certificateRefused({ file: folder, error }),
    ),
  )
}
