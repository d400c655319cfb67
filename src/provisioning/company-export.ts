import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi'
import { COMPANY_SECTIONS, CONNECTION_SECTIONS, type ExportSection } from '../domain/export.ts'
import { newId } from '../domain/id.ts'
import { type AppEnv, actorOf, forScopes } from '../http/auth.ts'
import { errorResponse } from '../http/errors.ts'
import { addLeanRoute, newRouter } from '../http/router.ts'
import { companyParams } from '../http/schemas.ts'
import { log } from '../log.ts'
import type { BillMailStore, ExportCursor, ExportStore } from '../store/store.ts'
import { findCompany } from './access.ts'
import { presentBillMail } from './bill-mail.ts'
import { presentMessage } from './messages.ts'
import type { ProvisioningDeps } from './ports.ts'

const exportCompany = createRoute({
  tags: ['companies'],
  ...forScopes('company'),
  method: 'get',
  path: '/v2/company/{companyId}/export',
  summary: 'Everything that is known of a company, without secrets',
  description:
    'JSON lines, each with its `type`: the company, its documents’ figures, then each connection (gone ones too) with all that belongs to it. No passwords, codes, answers or bodies; files of documents are fetched one by one. The last line is `{"type":"end"}`: without it, the export is not whole. Audited.',
  request: { params: companyParams },
  responses: {
    200: {
      description: 'the export',
      content: { 'application/x-ndjson': { schema: z.string() } },
    },
    404: errorResponse('no such company, or another one'),
  },
})

/** `GET /v2/company/{companyId}/export`. Reads as it is read: no more than a page is ever held. */
export function companyExportRoutes(deps: ProvisioningDeps): OpenAPIHono<AppEnv> {
  const { store, now = Date.now } = deps
  const routes = newRouter()
  addLeanRoute(routes, exportCompany, async (c) => {
    const { id } = await findCompany(deps, c, c.req.param('companyId') ?? '')
    const actor = actorOf(c.get('caller'))
    // First on record, then seen.
    const entry = { id: newId(), at: now(), actor, action: 'company.exported', subject: `company:${id}` }
    await store.writeAudit({ ...entry, detail: null })
    return c.body(streamOf(exportLines(store, id)), 200, {
      'Content-Type': 'application/x-ndjson; charset=utf-8',
      'Content-Disposition': `attachment; filename="company-${id}.jsonl"`,
      'Cache-Control': 'no-store',
    })
  })
  return routes
}

const PAGE = 200

type ExportSource = ExportStore & Pick<BillMailStore, 'listBillMail'>

/** The lines of an export, a page at a time: each value is JSON text of several lines. */
export async function* exportLines(store: ExportSource, companyId: string): AsyncGenerator<string> {
  for (const section of COMPANY_SECTIONS) yield* linesOf(store, section, companyId)
  yield* billMailLines(store, companyId)
  for await (const { rows } of pagesOf(store, 'connection', companyId)) {
    for (const row of rows) {
      yield toLine('connection', row)
      yield* connectionLines(store, String(row.id))
    }
  }
  yield toLine('end', {})
}

async function* billMailLines(store: ExportSource, companyId: string): AsyncGenerator<string> {
  for (let page = 1; ; page += 1) {
    const { items } = await store.listBillMail(companyId, { page, limit: PAGE })
    if (items.length > 0) yield items.map((mail) => toLine('bill_mail', presentBillMail(mail))).join('')
    if (items.length < PAGE) return
  }
}

async function* connectionLines(store: ExportStore, connectionId: string): AsyncGenerator<string> {
  for (const section of CONNECTION_SECTIONS) yield* linesOf(store, section, connectionId, { connectionId })
  let after: ExportCursor | null = null
  do {
    const page: Awaited<ReturnType<ExportStore['exportMessages']>> = await store.exportMessages(
      connectionId,
      after,
      PAGE,
    )
    if (page.messages.length > 0) {
      yield page.messages.map((message) => toLine('message', presentMessage(message))).join('')
    }
    after = page.next
  } while (after)
}

async function* linesOf(
  store: ExportStore,
  section: ExportSection,
  ownerId: string,
  owner: object = {},
): AsyncGenerator<string> {
  for await (const { rows } of pagesOf(store, section, ownerId)) {
    if (rows.length > 0) yield rows.map((row) => toLine(section, { ...owner, ...row })).join('')
  }
}

async function* pagesOf(store: ExportStore, section: ExportSection, ownerId: string) {
  let after: ExportCursor | null = null
  do {
    const page: Awaited<ReturnType<ExportStore['exportRows']>> = await store.exportRows({
      section,
      ownerId,
      after,
      limit: PAGE,
    })
    yield page
    after = page.next
  } while (after)
}

const toLine = (type: string, value: object): string => `${JSON.stringify({ type, ...value })}\n`

/** Asks for the next lines only when the last were taken. Whoever goes away ends it. */
function streamOf(lines: AsyncGenerator<string>): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder()
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        try {
          const { done, value } = await lines.next()
          if (done) controller.close()
          else controller.enqueue(encoder.encode(value))
        } catch (error) {
          // The status was sent long ago: the missing end tells that something is missing.
          log.fault({ where: 'export', error })
          controller.error(error)
        }
      },
      async cancel() {
        await lines.return(undefined)
      },
    },
    { highWaterMark: 1 },
  )
}
