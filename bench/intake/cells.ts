import type { LoadOrder } from '../load.ts'

/** One way of sending that all peers are measured in. */
export type Cell = Pick<LoadOrder, 'connections' | 'perConnection' | 'isTls' | 'isSigned'>

const cell = (connections: number, perConnection: number | null, isTls = false, isSigned = false): Cell => ({
  connections,
  perConnection,
  isTls,
  isSigned,
})

/** Many messages in a connection, and a connection for each, at 1, 10 and 50 at once. */
export const CELLS: readonly Cell[] = [
  cell(1, null),
  cell(10, null),
  cell(50, null),
  cell(10, null, true),
  cell(50, null, true),
  cell(1, 1),
  cell(10, 1),
  cell(50, 1),
  cell(10, 1, true),
  cell(50, 1, true),
]

/** As busy as it gets. */
export const BUSY_CELL: Cell = cell(50, null)
/** What the aims are about. */
export const QUICK_CELLS: readonly Cell[] = [BUSY_CELL, cell(10, 1)]

/** From a host that is not trusted by its address: SPF, DKIM and DMARC decide. Only the relay judges. */
export const SIGNED_CELLS: readonly Cell[] = [cell(50, null, false, true), cell(10, 1, false, true)]

export const describe = ({ connections, perConnection, isTls, isSigned }: Cell): string =>
  `${connections} × ${perConnection === null ? 'many' : 'one'}${isTls ? ', TLS' : ''}${isSigned ? ', signed' : ''}`
