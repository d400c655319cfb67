import { connect, type Socket } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { type HttpOptions, type HttpServer, startHttp } from '../../src/http/server.ts'
import { waitFor } from '../support/wait-for.ts'

describe('startHttp', () => {
  let server: HttpServer | undefined
  const sockets: Socket[] = []
  afterEach(async () => {
    for (const socket of sockets.splice(0)) socket.destroy()
    await server?.close(0)
  })

  const refused: string[] = []
  const start = async (fetch: HttpOptions['app']['fetch'], maxConnections?: number) => {
    const limit = maxConnections === undefined ? {} : { maxConnections }
    refused.length = 0
    const onRefused = (how: string) => void refused.push(how)
    server = await startHttp({ app: { fetch }, host: '127.0.0.1', port: 0, onRefused, ...limit })
    return server
  }
  const open = async (
    port: number,
  ): Promise<{ socket: Socket; received: () => string; isClosed: () => boolean }> => {
    const socket = connect(port, '127.0.0.1')
    sockets.push(socket)
    let text = ''
    let isClosed = false
    socket.on('data', (data) => {
      text += data
    })
    socket.on('error', () => {})
    socket.on('close', () => {
      isClosed = true
    })
    await new Promise((resolve) => socket.once('connect', resolve))
    return { socket, received: () => text, isClosed: () => isClosed }
  }
  const REQUEST = 'GET / HTTP/1.1\r\nhost: x\r\n\r\n'

  it('listens on a free port', async () => {
    const { port } = await start(() => new Response('hello'))
    expect(port).toBeGreaterThan(0)
    expect(await (await fetch(`http://127.0.0.1:${port}`)).text()).toBe('hello')
  })

  it('answers HTTP/1.0 without a host, in which load balancers ask for readiness', async () => {
    const { port } = await start((request) => new Response(new URL(request.url).pathname))
    const { socket, received, isClosed } = await open(port)
    socket.write('GET /readyz HTTP/1.0\r\n\r\n')
    await waitFor(() => isClosed(), 'the answer to be whole')
    expect(received()).toMatch(/ 200 OK\r\n/)
    expect(received()).toMatch(/\/readyz$/)
  })

  it('refuses HTTP/1.1 without a host', async () => {
    const { port } = await start(() => new Response('hello'))
    const { socket, received, isClosed } = await open(port)
    socket.write('GET / HTTP/1.1\r\nconnection: close\r\n\r\n')
    await waitFor(() => isClosed(), 'the answer to be whole')
    expect(received()).toMatch(/ 400 Bad Request\r\n/)
  })

  it('says so when the port is taken', async () => {
    const { port } = await start(() => new Response(''))
    const second = startHttp({ app: { fetch: () => new Response('') }, host: '127.0.0.1', port })
    await expect(second).rejects.toMatchObject({ code: 'EADDRINUSE' })
  })

  it('tells connections beyond its limit to come back, and serves the others', async () => {
    const { port } = await start(() => new Response('hello'), 1)
    const first = await open(port)
    const second = await open(port)
    second.socket.write(REQUEST)
    await waitFor(() => second.isClosed(), 'the second connection to be closed')
    expect(second.received()).toMatch(/^HTTP\/1\.1 503 /)
    expect(second.received().toLowerCase()).toContain('retry-after: 2')
    expect(second.received()).toContain('"unavailable"')
    expect(refused).toEqual(['answered'])
    expect(server).toMatchObject({ limit: 1 })
    await waitFor(() => server?.connections() === 1, 'the first connection to be left')
    first.socket.write(REQUEST)
    await waitFor(() => first.received().includes('hello'), 'the first answer')
  })

  it('lets those through who watch it, however many others there are', async () => {
    const { port } = await start(() => new Response('hello'), 1)
    await open(port)
    const scrape = await open(port)
    scrape.socket.write(REQUEST.replace('GET / ', 'GET /metrics '))
    await waitFor(() => scrape.received().includes('hello'), 'the metrics')
    const runner = await open(port)
    runner.socket.write(REQUEST.replace('GET / ', 'GET /metricsandmore '))
    await waitFor(() => runner.received().includes(' 503 '), 'the refusal')
  })

  it('lets requests end before it closes, and waits for no silent connection', async () => {
    const { promise, resolve } = Promise.withResolvers<Response>()
    let hasRequest = false
    const { port, close } = await start(() => {
      hasRequest = true
      return promise
    })
    const silent = await open(port)
    const busy = await open(port)
    busy.socket.write(REQUEST)
    await waitFor(() => hasRequest, 'the request')
    const closing = close(60_000)
    await waitFor(() => silent.isClosed(), 'the silent connection to be closed')
    expect(busy.isClosed()).toBe(false)
    resolve(new Response('late'))
    await closing
    await waitFor(() => busy.isClosed(), 'the busy connection to be closed')
    expect(busy.received()).toContain('late')
  })

  it('cuts off what does not end', async () => {
    const { port, close } = await start(() => new Promise<Response>(() => {}))
    const busy = await open(port)
    busy.socket.write(REQUEST)
    await close(10)
    await waitFor(() => busy.isClosed(), 'the connection to be cut off')
  })

  it('tells the application when a client is gone', async () => {
    let isGone = false
    let hasRequest = false
    const { port } = await start((request) => {
      hasRequest = true
      request.signal.addEventListener('abort', () => {
        isGone = true
      })
      return new Promise<Response>(() => {})
    })
    const client = await open(port)
    client.socket.write(REQUEST)
    await waitFor(() => hasRequest, 'the request')
    client.socket.destroy()
    await waitFor(() => isGone, 'the abort')
  })
})
