import type { Context } from 'hono'
import type { Company, Connection } from '../domain/connection.ts'
import { Failure } from '../domain/failure.ts'
import { newId } from '../domain/id.ts'
import { type AppEnv, actorOf, canSee } from '../http/auth.ts'
import type { AdminStore, ProvisioningStore } from '../store/store.ts'

type Deps = { readonly store: Pick<ProvisioningStore, 'getCompany' | 'getConnection'> }

export const noConnection = (): Failure => new Failure('not_found', 'There is no such connection')
export const noCompany = (): Failure => new Failure('not_found', 'There is no such company')

/** The connection, if it exists for this caller. @throws Failure `not_found` */
export async function findConnection({ store }: Deps, c: Context<AppEnv>, id: string): Promise<Connection> {
  const connection = await store.getConnection(id)
  if (!connection || !canSee(c.get('caller'), connection.companyId)) throw noConnection()
  return connection
}

/** The company, if it exists for this caller. @throws Failure `not_found` */
export async function findCompany({ store }: Deps, c: Context<AppEnv>, id: string): Promise<Company> {
  const company = canSee(c.get('caller'), id) ? await store.getCompany(id) : null
  if (!company) throw noCompany()
  return company
}

/** The company, if it exists for this caller and is active. @throws Failure `not_found`, `company_inactive` */
export async function findActiveCompany(deps: Deps, c: Context<AppEnv>, id: string): Promise<Company> {
  const company = await findCompany(deps, c, id)
  if (!company.isActive) throw new Failure('company_inactive', 'The company is deactivated')
  return company
}

/** Puts on record who changed what. What was set is never said: it may be a secret. */
export async function noteChange(
  { store, now = Date.now }: { store: Pick<AdminStore, 'writeAudit'>; now?: () => number },
  c: Context<AppEnv>,
  action: string,
  connectionId: string,
  detail: string | null = null,
): Promise<void> {
  const actor = actorOf(c.get('caller'))
  await store.writeAudit({
    id: newId(),
    at: now(),
    actor,
    action,
    subject: `connection:${connectionId}`,
    detail,
  })
}
