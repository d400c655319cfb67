import type { OpenAPIHono } from '@hono/zod-openapi'
import type { AppEnv } from '../http/auth.ts'
import { billMailRoutes } from './bill-mail.ts'
import { companyRoutes } from './companies.ts'
import { companyExportRoutes } from './company-export.ts'
import { connectionRoutes } from './connections.ts'
import { erasureRoutes } from './erasure.ts'
import { keyRoutes } from './keys.ts'
import { messageRoutes } from './messages.ts'
import { mfaRoutes } from './mfa-routes.ts'
import { numberCheckRoutes } from './number-checks.ts'
import type { ProvisioningDeps } from './ports.ts'
import { senderRoutes } from './senders.ts'
import { testLoginRoutes } from './test-logins.ts'
import { typedCodeRoutes } from './typed-codes.ts'

/** Everything that companies and administrators set up and look at. */
export const provisioningRoutes = (deps: ProvisioningDeps): OpenAPIHono<AppEnv>[] => [
  companyRoutes(deps),
  billMailRoutes(deps),
  companyExportRoutes(deps),
  erasureRoutes(deps),
  connectionRoutes(deps),
  mfaRoutes(deps),
  testLoginRoutes(deps),
  typedCodeRoutes(deps),
  numberCheckRoutes(deps),
  messageRoutes(deps),
  senderRoutes(deps),
  keyRoutes(deps),
]
