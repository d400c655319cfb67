import { type AddressInfo, connect, createServer, type Socket } from 'node:net'

/** A load balancer as simple as they come: each connection goes to the next node that takes it. */
export type Balancer = {
  readonly port: number
  /** Connections that each node was given. */
  readonly given: readonly number[]
  close(): Promise<void>
}

/** So long a connection waits for any node at all. */
const PATIENCE_MS = 30_000
const AGAIN_MS = 100

/** @param targets ports of the nodes, in this moment */
export async function startBalancer(targets: () => readonly number[]): Promise<Balancer> {
  const given: number[] = []
  const sockets = new Set<Socket>()
  let next = 0
  const server = createServer({ noDelay: true, pauseOnConnect: true }, (client) => {
    keep(sockets, client)
    void forward(client)
  })

  async function forward(client: Socket): Promise<void> {
    const deadline = performance.now() + PATIENCE_MS
    while (performance.now() < deadline && !client.destroyed) {
      const ports = targets()
      const index = next++ % ports.length
      const node = await open(ports[index]!)
      if (node && !client.destroyed) {
        keep(sockets, node)
        given[index] = (given[index] ?? 0) + 1
        client.pipe(node).pipe(client)
        client.on('close', () => node.destroy())
        node.on('close', () => client.destroy())
        return
      }
      node?.destroy()
      if (next % ports.length === 0) await new Promise((resolve) => setTimeout(resolve, AGAIN_MS))
    }
    client.destroy()
  }

  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    port: (server.address() as AddressInfo).port,
    given,
    close() {
      for (const socket of sockets) socket.destroy()
      return new Promise((resolve) => server.close(() => resolve()))
    },
  }
}

function keep(sockets: Set<Socket>, socket: Socket): void {
  sockets.add(socket)
  // Whose process was killed is the point of it all.
  socket.on('error', () => {})
  socket.once('close', () => sockets.delete(socket))
}

/** Null: nobody listens there. */
function open(port: number): Promise<Socket | null> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true })
    socket.once('connect', () => resolve(socket))
    socket.once('error', () => resolve(null))
  })
}
