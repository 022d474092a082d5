export {
  ingressProcessSettings,
  ingressSettings,
  type IngressProcessSettings,
  type IngressSettings,
} from './config.ts';
export { ingressRoutes, type IngressRoutesOptions } from './ingress-routes.ts';
export { startIngress, type Ingress } from './service.ts';
export { openAiParameters } from './openai/openai-parameters.ts';
