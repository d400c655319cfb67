import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi'
import { BILL_MAIL_RESULTS, BILL_PREFIX, type BillAddress, type BillMail } from '../domain/bill-mail.ts'
import { Failure } from '../domain/failure.ts'
import { newId } from '../domain/id.ts'
import { newMailboxAddress } from '../domain/mailbox.ts'
import { type AppEnv, actorOf, forScopes } from '../http/auth.ts'
import { errorResponse } from '../http/errors.ts'
import { pageQuery, pageSchema, presentPage } from '../http/page.ts'
import { newRouter } from '../http/router.ts'
import { companyParams, instant, isoTime, isoTimeOrNull, jsonResponse } from '../http/schemas.ts'
import { findActiveCompany, findCompany } from './access.ts'
import { withoutCodes } from './messages.ts'
import type { ProvisioningDeps } from './ports.ts'

const addressSchema = z
  .object({ address: z.string(), created: instant, retired: instant.nullable() })
  .openapi('BillAddress')

const mailSchema = z
  .object({
    messageId: z.string(),
    address: z.string(),
    sender: z.string().nullable(),
    subject: z.string().nullable().openapi({ description: 'with what may be a code blotted out' }),
    receivedAt: instant,
    verdict: z.object({
      level: z.enum(['trusted', 'candidate', 'untrusted']),
      reasons: z.array(z.object({ code: z.string(), text: z.string() })),
    }),
    result: z
      .enum(BILL_MAIL_RESULTS)
      .nullable()
      .openapi({ description: 'null: not looked at yet; `no_documents`: no bill was attached' }),
    jobId: z.string().nullable().openapi({ description: 'of its documents: GET /v2/job/{jobId}' }),
    documents: z.number().int(),
    ignored: z.number().int().openapi({ description: 'other attachments' }),
  })
  .openapi('BillMail')

const base = { tags: ['documents'], ...forScopes('company') }
const notFound = errorResponse('no such company, or another one')
const path = '/v2/company/{companyId}/bill-address'

const createAddress = createRoute({
  ...base,
  method: 'post',
  path,
  summary: 'An address that the company’s bills come to',
  description:
    'For utilities that mail bills, and for customers who forward them. A company has one at a time.',
  request: { params: companyParams },
  responses: {
    200: jsonResponse(addressSchema, 'the one that it has'),
    201: jsonResponse(addressSchema, 'a new one'),
    404: notFound,
    409: errorResponse('`company_inactive`'),
  },
})
const listAddresses = createRoute({
  ...base,
  method: 'get',
  path,
  summary: 'The company’s addresses for bills, newest first',
  request: { params: companyParams },
  responses: {
    200: jsonResponse(z.object({ items: z.array(addressSchema) }), 'the addresses'),
    404: notFound,
  },
})
const retireAddress = createRoute({
  ...base,
  method: 'delete',
  path: `${path}/{address}`,
  summary: 'Retire an address for bills',
  description: 'Mail to it is refused from then on, and nobody gets it again.',
  request: { params: companyParams.extend({ address: z.string().min(1).max(254) }) },
  responses: { 204: { description: 'retired' }, 404: notFound },
})
const listMail = createRoute({
  ...base,
  method: 'get',
  path: '/v2/company/{companyId}/bill-mail',
  summary: 'What came to the company’s addresses for bills, newest first',
  description: 'Also mail without a document, so that nothing is lost unseen.',
  request: { params: companyParams, query: pageQuery },
  responses: { 200: jsonResponse(pageSchema(mailSchema), 'the mail'), 404: notFound },
})

/** Bills that come by mail. */
export function billMailRoutes(deps: ProvisioningDeps): OpenAPIHono<AppEnv> {
  const { store, settings, now = Date.now } = deps
  const routes = newRouter()
  const note = (actor: string, companyId: string, action: string, address: string) =>
    store.writeAudit({
      id: newId(),
      at: now(),
      actor,
      action,
      subject: `company:${companyId}`,
      detail: address,
    })

  routes.openapi(createAddress, async (c) => {
    const { id } = await findActiveCompany(deps, c, c.req.valid('param').companyId)
    const address = newMailboxAddress(BILL_PREFIX, settings.mailDomain)
    const found = await store.createBillAddress({ address, companyId: id, createdAt: now() })
    if (!found) throw new Failure('not_found', 'There is no such company')
    if (found.address !== address) return c.json(presentAddress(found), 200)
    await note(actorOf(c.get('caller')), id, 'bill_address.created', address)
    return c.json(presentAddress(found), 201)
  })

  routes.openapi(listAddresses, async (c) => {
    const { id } = await findCompany(deps, c, c.req.valid('param').companyId)
    return c.json({ items: (await store.listBillAddresses(id)).map(presentAddress) }, 200)
  })

  routes.openapi(retireAddress, async (c) => {
    const { companyId, address } = c.req.valid('param')
    const { id } = await findCompany(deps, c, companyId)
    if (!(await store.retireBillAddress(id, address.toLowerCase(), now()))) {
      throw new Failure('not_found', 'This company has no such address in use')
    }
    await note(actorOf(c.get('caller')), id, 'bill_address.retired', address.toLowerCase())
    return c.body(null, 204)
  })

  routes.openapi(listMail, async (c) => {
    const { id } = await findCompany(deps, c, c.req.valid('param').companyId)
    const request = c.req.valid('query')
    return c.json(presentPage(await store.listBillMail(id, request), request, presentBillMail), 200)
  })

  return routes
}

const presentAddress = ({ address, createdAt, retiredAt }: BillAddress): z.infer<typeof addressSchema> => ({
  address,
  created: isoTime(createdAt),
  retired: isoTimeOrNull(retiredAt),
})

/** As companies see it. */
export const presentBillMail = (mail: BillMail): z.infer<typeof mailSchema> => ({
  messageId: mail.messageId,
  address: mail.address,
  sender: mail.sender,
  subject: mail.subject === null ? null : withoutCodes(mail.subject),
  receivedAt: isoTime(mail.receivedAt),
  verdict: { level: mail.verdict, reasons: [...mail.reasons] },
  result: mail.result,
  jobId: mail.jobId,
  documents: mail.documents,
  ignored: mail.ignored,
})
