CREATE TABLE "pii_findings" (
	"request_id" uuid NOT NULL,
	"direction" text NOT NULL,
	"type" text NOT NULL,
	"action" text NOT NULL,
	"tenant" text NOT NULL,
	"day" date NOT NULL,
	"count" integer NOT NULL,
	CONSTRAINT "pii_findings_request_id_direction_type_action_pk" PRIMARY KEY("request_id","direction","type","action")
);
--> statement-breakpoint
CREATE TABLE "pii_policies" (
	"tenant" text PRIMARY KEY NOT NULL,
	"actions" jsonb NOT NULL,
	"output_actions" jsonb NOT NULL,
	"patterns" jsonb NOT NULL,
	"allow" jsonb NOT NULL,
	"restore" boolean NOT NULL,
	"updated_at" timestamp (3) with time zone NOT NULL,
	"version" integer DEFAULT 1 NOT NULL
);
--> statement-breakpoint
ALTER TABLE "pii_findings" ADD CONSTRAINT "pii_findings_tenant_tenants_id_fk" FOREIGN KEY ("tenant") REFERENCES "public"."tenants"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "pii_policies" ADD CONSTRAINT "pii_policies_tenant_tenants_id_fk" FOREIGN KEY ("tenant") REFERENCES "public"."tenants"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "pii_findings_tenant" ON "pii_findings" USING btree ("tenant","day");
