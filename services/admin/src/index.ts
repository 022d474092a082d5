export { adminRoutes, type AdminRoutesOptions } from './admin-routes.ts';
export { adminSettings, type AdminSettings } from './config.ts';
export { startAdmin, type Admin } from './service.ts';
