import type { AdminRoute } from './admin-route.ts';
import { billingRoutes } from './routes/billing-routes.ts';
import { consentedRequestRoutes } from './routes/consented-request-routes.ts';
import { dataPolicyRoutes } from './routes/data-policy-routes.ts';
import { deadLetterRoutes } from './routes/dead-letter-routes.ts';
import { erasureRoutes } from './routes/erasure-routes.ts';
import { identityProviderRoutes } from './routes/identity-provider-routes.ts';
import { keyRoutes } from './routes/key-routes.ts';
import { ledgerRoutes } from './routes/ledger-routes.ts';
import { meRoute } from './routes/me-route.ts';
import { organisationRoutes } from './routes/organisation-routes.ts';
import { personalDataRoutes } from './routes/personal-data-routes.ts';
import { piiRoutes } from './routes/pii-routes.ts';
import { quotaRoutes } from './routes/quota-routes.ts';
import { roleRoutes } from './routes/role-routes.ts';
import { tenantRoutes } from './routes/tenant-routes.ts';
import { userRoutes } from './routes/user-routes.ts';

/** All of the API. What is not here is not there, and what is here is checked and documented. */
export const allRoutes: readonly AdminRoute[] = [
  meRoute,
  ...organisationRoutes,
  ...tenantRoutes,
  ...userRoutes,
  ...roleRoutes,
  ...identityProviderRoutes,
  ...keyRoutes,
  ...quotaRoutes,
  ...billingRoutes,
  ...ledgerRoutes,
  ...deadLetterRoutes,
  ...dataPolicyRoutes,
  ...piiRoutes,
  ...erasureRoutes,
  ...personalDataRoutes,
  ...consentedRequestRoutes,
];
