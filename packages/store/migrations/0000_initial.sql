CREATE TABLE "api_keys" (
	"id" text PRIMARY KEY NOT NULL,
	"tenant" text NOT NULL,
	"name" text NOT NULL,
	"hash" "bytea" NOT NULL,
	"roles" text[] NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"expires_at" timestamp (3) with time zone,
	"revoked_at" timestamp (3) with time zone
);
--> statement-breakpoint
CREATE TABLE "claims" (
	"request_id" uuid PRIMARY KEY NOT NULL,
	"tenant" text NOT NULL,
	"code" text,
	"message" text,
	"retry_after_ms" integer,
	"decided_at" timestamp (3) with time zone NOT NULL,
	"deadline_at" timestamp (3) with time zone NOT NULL,
	"event" "bytea" NOT NULL,
	"admitted_published_at" timestamp (3) with time zone,
	"closed_at" timestamp (3) with time zone,
	"outcome" text
);
--> statement-breakpoint
CREATE TABLE "ledger" (
	"entry_id" uuid PRIMARY KEY NOT NULL,
	"entry_number" bigint NOT NULL,
	"request_id" uuid NOT NULL,
	"tenant" text NOT NULL,
	"model" text NOT NULL,
	"outcome" text NOT NULL,
	"input_tokens" integer NOT NULL,
	"cached_input_tokens" integer NOT NULL,
	"output_tokens" integer NOT NULL,
	"price_version" integer,
	"amount" numeric(20, 10) NOT NULL,
	"currency" text NOT NULL,
	"closed_at" timestamp (3) with time zone NOT NULL,
	"charged_at" timestamp (3) with time zone NOT NULL,
	CONSTRAINT "ledger_entry_number_unique" UNIQUE("entry_number"),
	CONSTRAINT "ledger_request_id_unique" UNIQUE("request_id")
);
--> statement-breakpoint
CREATE TABLE "outbox" (
	"id" uuid PRIMARY KEY NOT NULL,
	"number" bigint GENERATED ALWAYS AS IDENTITY (sequence name "outbox_number_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"subject" text NOT NULL,
	"payload" "bytea" NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"published_at" timestamp (3) with time zone
);
--> statement-breakpoint
CREATE TABLE "prices" (
	"model" text NOT NULL,
	"version" integer NOT NULL,
	"currency" text NOT NULL,
	"input_per_million" numeric(20, 10) NOT NULL,
	"output_per_million" numeric(20, 10) NOT NULL,
	"valid_from" timestamp (3) with time zone NOT NULL,
	CONSTRAINT "prices_model_version_pk" PRIMARY KEY("model","version")
);
--> statement-breakpoint
CREATE TABLE "rate_windows" (
	"tenant" text NOT NULL,
	"window_start" timestamp (3) with time zone NOT NULL,
	"requests" integer NOT NULL,
	CONSTRAINT "rate_windows_tenant_window_start_pk" PRIMARY KEY("tenant","window_start")
);
--> statement-breakpoint
CREATE TABLE "tenants" (
	"id" text PRIMARY KEY NOT NULL,
	"name" text NOT NULL,
	"requests_per_minute" integer DEFAULT 600 NOT NULL,
	"max_in_flight" integer DEFAULT 64 NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
ALTER TABLE "api_keys" ADD CONSTRAINT "api_keys_tenant_tenants_id_fk" FOREIGN KEY ("tenant") REFERENCES "public"."tenants"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "claims" ADD CONSTRAINT "claims_tenant_tenants_id_fk" FOREIGN KEY ("tenant") REFERENCES "public"."tenants"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "api_keys_tenant" ON "api_keys" USING btree ("tenant");--> statement-breakpoint
CREATE INDEX "claims_open_deadline" ON "claims" USING btree ("deadline_at") WHERE "claims"."closed_at" is null;--> statement-breakpoint
CREATE INDEX "claims_open_tenant" ON "claims" USING btree ("tenant") WHERE "claims"."closed_at" is null and "claims"."code" is null;--> statement-breakpoint
CREATE INDEX "ledger_tenant_closed" ON "ledger" USING btree ("tenant","closed_at");--> statement-breakpoint
CREATE INDEX "outbox_unpublished" ON "outbox" USING btree ("number") WHERE "outbox"."published_at" is null;