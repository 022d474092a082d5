export {
  ingressProcessSettings,
  ingressSettings,
  type IngressProcessSettings,
  type IngressSettings,
} from './config.ts';
export { ingressRoutes, type IngressRoutesOptions } from './ingress-routes.ts';
export { onIntakeRequested } from './on-intake-requested.ts';
export { startIngress, type Ingress } from './service.ts';
