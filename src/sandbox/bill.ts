/** A bill as a small real PDF (ISO 32000-1 §7.5): one page, one standard font, a correct cross-reference table. */
export function makeBill(bill: { account: string; period: string; kwh: number; amountUsd: number }): Buffer {
  const lines = [
    'Sandbox Power',
    `Electricity bill for ${bill.period}`,
    `Account ${bill.account}`,
    `Energy used: ${bill.kwh} kWh`,
    `Amount due: USD ${bill.amountUsd.toFixed(2)}`,
    'This utility does not exist. Nothing is due.',
  ]
  const text = lines
    .map((line, index) => `${index === 0 ? '' : '0 -26 Td '}(${escapeText(line)}) Tj`)
    .join('\n')
  const content = `BT /F1 16 Tf 60 760 Td\n${text}\nET`
  return assemblePdf([
    '<< /Type /Catalog /Pages 2 0 R >>',
    '<< /Type /Pages /Kids [3 0 R] /Count 1 >>',
    '<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 842] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>',
    `<< /Length ${content.length} >>\nstream\n${content}\nendstream`,
    '<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>',
  ])
}

/** ASCII only, as the standard font's encoding is; brackets and backslashes end a string. */
const escapeText = (text: string): string => text.replace(/[^\x20-\x7e]/g, '?').replace(/[\\()]/g, '\\$&')

function assemblePdf(objects: readonly string[]): Buffer {
  let file = '%PDF-1.4\n'
  const offsets = objects.map((object, index) => {
    const offset = file.length
    file += `${index + 1} 0 obj\n${object}\nendobj\n`
    return offset
  })
  const table = file.length
  const entries = offsets.map((offset) => `${String(offset).padStart(10, '0')} 00000 n \n`).join('')
  file += `xref\n0 ${objects.length + 1}\n0000000000 65535 f \n${entries}`
  file += `trailer\n<< /Size ${objects.length + 1} /Root 1 0 R >>\nstartxref\n${table}\n%%EOF\n`
  return Buffer.from(file, 'latin1')
}
