export {
  ingressProcessSettings,
  ingressSettings,
  type IngressProcessSettings,
  type IngressSettings,
} from './config.ts';
export { ingressRoutes, type IngressRoutesOptions } from './ingress-routes.ts';
export { kafkaSourceSettings } from './kafka/kafka-source-settings.ts';
export { onKafkaRecord } from './on-kafka-record.ts';
export { onIntakeRequested } from './on-intake-requested.ts';
export { startIngress, type Ingress } from './service.ts';
