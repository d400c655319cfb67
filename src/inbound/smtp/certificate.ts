import { generateKeyPairSync, randomBytes, sign } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { AsnConvert, OctetString } from '@peculiar/asn1-schema'
import {
  AlgorithmIdentifier,
  AttributeTypeAndValue,
  AttributeValue,
  Extension,
  Extensions,
  GeneralName,
  id_ce_subjectAltName,
  Name,
  RelativeDistinguishedName,
  SubjectAlternativeName,
  SubjectPublicKeyInfo,
  TBSCertificate,
  Validity,
  Version,
  Certificate as X509,
} from '@peculiar/asn1-x509'

export type Certificate = { readonly cert: string; readonly key: string }

/** RFC 5758 §3.2. A P-256 handshake costs a quarter less than one with RSA-2048. */
const ECDSA_WITH_SHA256 = '1.2.840.10045.4.3.2'
/** RFC 5280 appendix A.1. */
const COMMON_NAME = '2.5.4.3'
const VALID_YEARS = 10
const FILE = 'tls-self-made.pem'

/**
 * Our own certificate: kept in `dataDir` with mode 0600 and made on the first start. Nobody has signed it, which
 * is enough for opportunistic STARTTLS (RFC 7435), where senders check no names.
 */
export function ownCertificate(dataDir: string, hostName: string): Certificate {
  const file = join(dataDir, FILE)
  if (!existsSync(file)) {
    const { cert, key } = makeCertificate(hostName)
    mkdirSync(dataDir, { recursive: true })
    // One file, put in place whole: a crash cannot leave a key beside a certificate that it does not fit. Flushed,
    // or a power failure leaves the name of an empty file, and no start would succeed any more.
    writeFileSync(`${file}.new`, `${key}\n${cert}\n`, { mode: 0o600, flush: true })
    renameSync(`${file}.new`, file)
  }
  const pem = readFileSync(file, 'utf8')
  return { cert: pemBlock(pem, 'CERTIFICATE'), key: pemBlock(pem, 'PRIVATE KEY') }
}

/** RFC 5280 §4.1, signed by its own key. */
function makeCertificate(hostName: string): Certificate {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const notBefore = new Date()
  const notAfter = new Date(notBefore)
  notAfter.setUTCFullYear(notAfter.getUTCFullYear() + VALID_YEARS)
  const signatureAlgorithm = new AlgorithmIdentifier({ algorithm: ECDSA_WITH_SHA256 })
  const name = new Name([
    new RelativeDistinguishedName([
      new AttributeTypeAndValue({ type: COMMON_NAME, value: new AttributeValue({ utf8String: hostName }) }),
    ]),
  ])
  const tbsCertificate = new TBSCertificate({
    version: Version.v3,
    serialNumber: serialNumber(),
    signature: signatureAlgorithm,
    issuer: name,
    subject: name,
    validity: new Validity({ notBefore, notAfter }),
    subjectPublicKeyInfo: AsnConvert.parse(
      publicKey.export({ type: 'spki', format: 'der' }),
      SubjectPublicKeyInfo,
    ),
    extensions: new Extensions([alternativeName(hostName)]),
  })
  const signature = sign('sha256', Buffer.from(AsnConvert.serialize(tbsCertificate)), privateKey)
  const certificate = new X509({
    tbsCertificate,
    signatureAlgorithm,
    signatureValue: Uint8Array.from(signature).buffer,
  })
  return {
    cert: toPem(AsnConvert.serialize(certificate), 'CERTIFICATE'),
    key: String(privateKey.export({ type: 'pkcs8', format: 'pem' })),
  }
}

/** Positive and of 16 bytes: RFC 5280 §4.1.2.2. */
function serialNumber(): ArrayBuffer {
  const bytes = Uint8Array.from(randomBytes(16))
  bytes[0] = (bytes[0]! & 0x7f) | 0x40
  return bytes.buffer
}

const alternativeName = (hostName: string): Extension =>
  new Extension({
    extnID: id_ce_subjectAltName,
    extnValue: new OctetString(
      AsnConvert.serialize(new SubjectAlternativeName([new GeneralName({ dNSName: hostName })])),
    ),
  })

function toPem(der: ArrayBuffer, label: string): string {
  const lines =
    Buffer.from(der)
      .toString('base64')
      .match(/.{1,64}/g) ?? []
  return `-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`
}

function pemBlock(pem: string, label: string): string {
  const block = new RegExp(`-----BEGIN ${label}-----[^-]+-----END ${label}-----`).exec(pem)?.[0]
  if (!block) throw new Error(`${FILE} in DATA_DIR holds no ${label}; remove it and it is made anew`)
  return `${block}\n`
}
