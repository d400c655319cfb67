import { ServerResponse } from 'node:http'
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response'
import type { Context } from 'hono'
import type { AppEnv, NoteServed } from './auth.ts'
import { type Answer, answerTo } from './errors.ts'
import { DEFAULT_HEADERS, factsOf } from './frame.ts'

/*
 * Thousands of requests wait here at once, and what the framework holds for a request in progress (its context,
 * the frames of each layer) is more than the connection itself. A parked request lets go of all that: the
 * framework is told that the answer is taken care of, and the answer is written straight to the connection.
 */

/** Work for a request that may take long. */
export type Parked<T> = {
  /** @param onGone where to say what to do when the client is gone */
  readonly work: (onGone: (leave: () => void) => void) => Promise<T>
  readonly present: (result: T) => Answer
}

/** Answers a request when its work is done, holding little until then. */
export async function park<T>(c: Context<AppEnv>, { work, present }: Parked<T>): Promise<Response> {
  const outgoing = (c.env as { outgoing?: unknown } | undefined)?.outgoing
  if (!(outgoing instanceof ServerResponse)) return answerInPlace(c, work, present)
  letGo(outgoing)
  const request = { ...factsOf(c), path: c.req.path, requestId: c.get('requestId') }
  answerLater(
    outgoing,
    work((leave) => outgoing.on('close', leave)),
    { present, request, noteServed: c.get('noteServed') },
  )
  return RESPONSE_ALREADY_SENT
}

/** The framework's listener would abort its request, which nobody looks at any more, and keeps all of it alive. */
function letGo(outgoing: ServerResponse): void {
  for (const listener of outgoing.listeners('close') as (() => void)[])
    if (listener.name === '') outgoing.off('close', listener)
}

/** Whether this stands for a request that was parked. */
export const isParked = (response: Response): boolean => response === RESPONSE_ALREADY_SENT

/** Without a socket, as in tests of single routes. */
async function answerInPlace<T>(
  c: Context<AppEnv>,
  work: Parked<T>['work'],
  present: Parked<T>['present'],
): Promise<Response> {
  const { signal } = c.req.raw
  const result = await work((leave) => {
    signal.addEventListener('abort', leave, { once: true })
    if (signal.aborted) leave()
  })
  const { status, body, headers } = present(result)
  return status === 204 ? c.body(null, 204, headers) : c.json(body, status, headers)
}

type LaterFacts = Parameters<NoteServed>[0] & { readonly path: string; readonly requestId: string }

/** No async function, and not inside {@link park}: neither its frame nor `c` must outlive the call. */
function answerLater<T>(
  outgoing: ServerResponse,
  result: Promise<T>,
  later: { present: Parked<T>['present']; request: LaterFacts; noteServed: NoteServed },
): void {
  const { request, noteServed } = later
  const send = (answer: Answer) => {
    write(outgoing, answer, request.requestId)
    noteServed(request, answer.status)
  }
  result.then(later.present).then(send, (error) => send(answerTo(error, request)))
}

function write(outgoing: ServerResponse, { status, body, headers }: Answer, requestId: string): void {
  if (outgoing.destroyed || outgoing.headersSent) return
  const common = { ...DEFAULT_HEADERS, ...headers, 'X-Request-Id': requestId }
  if (body === null) {
    outgoing.writeHead(status, common).end()
    return
  }
  const text = JSON.stringify(body)
  const length = Buffer.byteLength(text)
  outgoing
    .writeHead(status, { ...common, 'Content-Type': 'application/json', 'Content-Length': length })
    .end(text)
}
