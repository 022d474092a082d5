CREATE TABLE "budget_alerts" (
	"scope" text NOT NULL,
	"subject" text NOT NULL,
	"month" timestamp (3) with time zone NOT NULL,
	"share" integer NOT NULL,
	"reached_at" timestamp (3) with time zone NOT NULL,
	CONSTRAINT "budget_alerts_scope_subject_month_share_pk" PRIMARY KEY("scope","subject","month","share")
);
--> statement-breakpoint
CREATE TABLE "identity_providers" (
	"issuer" text PRIMARY KEY NOT NULL,
	"organisation" text NOT NULL,
	"audiences" text[] NOT NULL,
	"jwks_uri" text NOT NULL,
	"algorithms" text[] NOT NULL,
	"claims" jsonb NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"disabled_at" timestamp (3) with time zone,
	"version" integer DEFAULT 1 NOT NULL
);
--> statement-breakpoint
CREATE TABLE "memberships" (
	"user_id" text NOT NULL,
	"tenant" text NOT NULL,
	"role" text NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "memberships_user_id_tenant_role_pk" PRIMARY KEY("user_id","tenant","role")
);
--> statement-breakpoint
CREATE TABLE "organisations" (
	"id" text PRIMARY KEY NOT NULL,
	"name" text NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"suspended_at" timestamp (3) with time zone,
	"version" integer DEFAULT 1 NOT NULL
);
--> statement-breakpoint
CREATE TABLE "quotas" (
	"scope" text NOT NULL,
	"subject" text NOT NULL,
	"requests_per_minute" integer,
	"tokens_per_minute" bigint,
	"max_in_flight" integer,
	"tokens_per_day" bigint,
	"tokens_per_month" bigint,
	"budget_per_month" numeric(20, 10),
	"version" integer DEFAULT 1 NOT NULL,
	"in_flight" bigint DEFAULT 0 NOT NULL,
	"reserved_tokens" bigint DEFAULT 0 NOT NULL,
	"reserved_amount" numeric(20, 10) DEFAULT '0' NOT NULL,
	"minute" timestamp (3) with time zone DEFAULT 'epoch' NOT NULL,
	"minute_requests" bigint DEFAULT 0 NOT NULL,
	"minute_tokens" bigint DEFAULT 0 NOT NULL,
	"day" timestamp (3) with time zone DEFAULT 'epoch' NOT NULL,
	"day_tokens" bigint DEFAULT 0 NOT NULL,
	"month" timestamp (3) with time zone DEFAULT 'epoch' NOT NULL,
	"month_tokens" bigint DEFAULT 0 NOT NULL,
	"month_amount" numeric(20, 10) DEFAULT '0' NOT NULL,
	CONSTRAINT "quotas_scope_subject_pk" PRIMARY KEY("scope","subject")
);
--> statement-breakpoint
CREATE TABLE "users" (
	"id" text PRIMARY KEY NOT NULL,
	"organisation" text NOT NULL,
	"kind" text NOT NULL,
	"profile" "bytea",
	"issuer" text,
	"subject" text,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"disabled_at" timestamp (3) with time zone,
	"version" integer DEFAULT 1 NOT NULL
);
--> statement-breakpoint
ALTER TABLE "ledger" DROP CONSTRAINT "ledger_request_id_unique";--> statement-breakpoint
ALTER TABLE "prices" DROP CONSTRAINT "prices_model_version_pk";--> statement-breakpoint
ALTER TABLE "ledger" ALTER COLUMN "request_id" DROP NOT NULL;--> statement-breakpoint
ALTER TABLE "api_keys" ADD COLUMN "user_id" text;--> statement-breakpoint
ALTER TABLE "api_keys" ADD COLUMN "reach" text DEFAULT 'project' NOT NULL;--> statement-breakpoint
ALTER TABLE "api_keys" ADD COLUMN "scopes" text[];--> statement-breakpoint
ALTER TABLE "api_keys" ADD COLUMN "allowed_models" text[];--> statement-breakpoint
ALTER TABLE "api_keys" ADD COLUMN "allowed_addresses" text[];--> statement-breakpoint
ALTER TABLE "api_keys" ADD COLUMN "last_used_at" timestamp (3) with time zone;--> statement-breakpoint
ALTER TABLE "api_keys" ADD COLUMN "replaced_by" text;--> statement-breakpoint
ALTER TABLE "api_keys" ADD COLUMN "version" integer DEFAULT 1 NOT NULL;--> statement-breakpoint
ALTER TABLE "claims" ADD COLUMN "organisation" text DEFAULT 'default' NOT NULL;--> statement-breakpoint
ALTER TABLE "claims" ADD COLUMN "key_id" text;--> statement-breakpoint
ALTER TABLE "claims" ADD COLUMN "user_id" text;--> statement-breakpoint
ALTER TABLE "claims" ADD COLUMN "reserved_tokens" bigint DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "claims" ADD COLUMN "reserved_amount" numeric(20, 10) DEFAULT '0' NOT NULL;--> statement-breakpoint
ALTER TABLE "claims" ADD COLUMN "used_tokens" bigint;--> statement-breakpoint
ALTER TABLE "claims" ADD COLUMN "used_amount" numeric(20, 10);--> statement-breakpoint
ALTER TABLE "ledger" ADD COLUMN "kind" text DEFAULT 'charge' NOT NULL;--> statement-breakpoint
ALTER TABLE "ledger" ADD COLUMN "organisation" text DEFAULT 'default' NOT NULL;--> statement-breakpoint
ALTER TABLE "ledger" ADD COLUMN "key_id" text;--> statement-breakpoint
ALTER TABLE "ledger" ADD COLUMN "user_id" text;--> statement-breakpoint
ALTER TABLE "ledger" ADD COLUMN "operation" text;--> statement-breakpoint
ALTER TABLE "ledger" ADD COLUMN "model_version" text;--> statement-breakpoint
ALTER TABLE "ledger" ADD COLUMN "characters_in" integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "ledger" ADD COLUMN "characters_out" integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "ledger" ADD COLUMN "seconds" double precision DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "ledger" ADD COLUMN "usage_source" text DEFAULT 'engine' NOT NULL;--> statement-breakpoint
ALTER TABLE "ledger" ADD COLUMN "price_book" text DEFAULT 'default' NOT NULL;--> statement-breakpoint
ALTER TABLE "ledger" ADD COLUMN "reason" text;--> statement-breakpoint
ALTER TABLE "ledger" ADD COLUMN "adjustment_id" uuid;--> statement-breakpoint
ALTER TABLE "prices" ADD COLUMN "book" text DEFAULT 'default' NOT NULL;--> statement-breakpoint
ALTER TABLE "prices" ADD CONSTRAINT "prices_book_model_version_pk" PRIMARY KEY("book","model","version");--> statement-breakpoint
ALTER TABLE "prices" ADD COLUMN "model_version" text;--> statement-breakpoint
ALTER TABLE "prices" ADD COLUMN "cached_input_per_million" numeric(20, 10);--> statement-breakpoint
ALTER TABLE "prices" ADD COLUMN "characters_in_per_million" numeric(20, 10) DEFAULT '0' NOT NULL;--> statement-breakpoint
ALTER TABLE "prices" ADD COLUMN "characters_out_per_million" numeric(20, 10) DEFAULT '0' NOT NULL;--> statement-breakpoint
ALTER TABLE "prices" ADD COLUMN "per_request" numeric(20, 10) DEFAULT '0' NOT NULL;--> statement-breakpoint
ALTER TABLE "prices" ADD COLUMN "per_second" numeric(20, 10) DEFAULT '0' NOT NULL;--> statement-breakpoint
ALTER TABLE "prices" ADD COLUMN "valid_until" timestamp (3) with time zone;--> statement-breakpoint
ALTER TABLE "prices" ADD COLUMN "created_at" timestamp (3) with time zone DEFAULT now() NOT NULL;--> statement-breakpoint
ALTER TABLE "tenants" ADD COLUMN "organisation" text DEFAULT 'default' NOT NULL;--> statement-breakpoint
ALTER TABLE "tenants" ADD COLUMN "suspended_at" timestamp (3) with time zone;--> statement-breakpoint
ALTER TABLE "tenants" ADD COLUMN "version" integer DEFAULT 1 NOT NULL;--> statement-breakpoint
ALTER TABLE "identity_providers" ADD CONSTRAINT "identity_providers_organisation_organisations_id_fk" FOREIGN KEY ("organisation") REFERENCES "public"."organisations"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "memberships" ADD CONSTRAINT "memberships_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."users"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "users" ADD CONSTRAINT "users_organisation_organisations_id_fk" FOREIGN KEY ("organisation") REFERENCES "public"."organisations"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "users_organisation" ON "users" USING btree ("organisation","id");--> statement-breakpoint
CREATE UNIQUE INDEX "users_subject" ON "users" USING btree ("issuer","subject");--> statement-breakpoint
ALTER TABLE "api_keys" ADD CONSTRAINT "api_keys_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."users"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
INSERT INTO "organisations" ("id", "name") VALUES ('default', 'default');--> statement-breakpoint
ALTER TABLE "tenants" ADD CONSTRAINT "tenants_organisation_organisations_id_fk" FOREIGN KEY ("organisation") REFERENCES "public"."organisations"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "api_keys_user" ON "api_keys" USING btree ("user_id");--> statement-breakpoint
CREATE INDEX "ledger_closed" ON "ledger" USING btree ("closed_at");--> statement-breakpoint
CREATE UNIQUE INDEX "ledger_charge" ON "ledger" USING btree ("request_id") WHERE "ledger"."kind" = 'charge';--> statement-breakpoint
CREATE UNIQUE INDEX "ledger_adjustment" ON "ledger" USING btree ("adjustment_id","request_id") WHERE "ledger"."adjustment_id" is not null;--> statement-breakpoint
CREATE INDEX "tenants_organisation" ON "tenants" USING btree ("organisation");--> statement-breakpoint
ALTER TABLE "batches" ADD COLUMN "user_id" text;--> statement-breakpoint
ALTER TABLE "batches" ADD COLUMN "organisation" text DEFAULT 'default' NOT NULL;--> statement-breakpoint
ALTER TABLE "jobs" ADD COLUMN "user_id" text;--> statement-breakpoint
ALTER TABLE "jobs" ADD COLUMN "organisation" text DEFAULT 'default' NOT NULL;--> statement-breakpoint
ALTER TABLE "claims" ADD COLUMN "param" text;--> statement-breakpoint
ALTER TABLE "claims" DROP CONSTRAINT "claims_tenant_tenants_id_fk";
--> statement-breakpoint
DROP INDEX "claims_open_tenant";--> statement-breakpoint
DROP INDEX "claims_open_model";--> statement-breakpoint
ALTER TABLE "claims" DROP COLUMN "admitted_published_at";--> statement-breakpoint
-- Rows that change all the time stay on their page.
ALTER TABLE "quotas" SET (fillfactor = 50);--> statement-breakpoint
INSERT INTO "quotas" ("scope", "subject", "requests_per_minute", "max_in_flight", "in_flight")
SELECT 'project', "id", "requests_per_minute", "max_in_flight", (
  SELECT count(*) FROM "claims" WHERE "claims"."tenant" = "tenants"."id" AND "closed_at" IS NULL AND "code" IS NULL)
FROM "tenants";--> statement-breakpoint
INSERT INTO "quotas" ("scope", "subject", "in_flight")
SELECT 'organisation', 'default', (SELECT count(*) FROM "claims" WHERE "closed_at" IS NULL AND "code" IS NULL);--> statement-breakpoint
INSERT INTO "quotas" ("scope", "subject") SELECT 'key', "id" FROM "api_keys";--> statement-breakpoint
INSERT INTO "quotas" ("scope", "subject", "in_flight")
SELECT 'model', "model", count(*) FROM "claims" WHERE "closed_at" IS NULL AND "code" IS NULL AND "model" IS NOT NULL GROUP BY "model";--> statement-breakpoint
UPDATE "api_keys" SET "roles" = array_replace("roles", 'user', 'developer');--> statement-breakpoint
UPDATE "jobs" SET "roles" = array_replace("roles", 'user', 'developer');--> statement-breakpoint
UPDATE "batches" SET "roles" = array_replace("roles", 'user', 'developer');--> statement-breakpoint
CREATE FUNCTION "refuse_change"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'the ledger is only appended to' USING ERRCODE = 'restrict_violation';
END $$;--> statement-breakpoint
CREATE TRIGGER "ledger_append_only" BEFORE UPDATE OR DELETE ON "ledger" FOR EACH ROW EXECUTE FUNCTION "refuse_change"();--> statement-breakpoint
CREATE TRIGGER "ledger_no_truncate" BEFORE TRUNCATE ON "ledger" FOR EACH STATEMENT EXECUTE FUNCTION "refuse_change"();--> statement-breakpoint
DROP TABLE "rate_windows" CASCADE;--> statement-breakpoint
ALTER TABLE "tenants" DROP COLUMN "requests_per_minute";--> statement-breakpoint
ALTER TABLE "tenants" DROP COLUMN "max_in_flight";
