ALTER TABLE "batches" ADD COLUMN "allowed_models" text[];--> statement-breakpoint
ALTER TABLE "jobs" ADD COLUMN "allowed_models" text[];--> statement-breakpoint
CREATE INDEX "organisations_suspended" ON "organisations" USING btree ("id") WHERE "organisations"."suspended_at" is not null;--> statement-breakpoint
CREATE INDEX "tenants_suspended" ON "tenants" USING btree ("id") WHERE "tenants"."suspended_at" is not null;--> statement-breakpoint
CREATE INDEX "users_disabled" ON "users" USING btree ("id") WHERE "users"."disabled_at" is not null;