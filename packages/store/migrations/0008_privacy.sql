CREATE TABLE "data_policies" (
	"tenant" text PRIMARY KEY NOT NULL,
	"zero_retention" boolean DEFAULT false NOT NULL,
	"jobs_ms" bigint,
	"files_ms" bigint,
	"answers_ms" bigint,
	"training_allowed" boolean DEFAULT false NOT NULL,
	"training_ms" bigint,
	"updated_at" timestamp (3) with time zone NOT NULL,
	"version" integer DEFAULT 1 NOT NULL
);
--> statement-breakpoint
CREATE TABLE "erasures" (
	"id" text PRIMARY KEY NOT NULL,
	"tenant" text NOT NULL,
	"user_id" text,
	"requested_at" timestamp (3) with time zone NOT NULL,
	"steps" text[] DEFAULT '{}' NOT NULL,
	"removed" jsonb DEFAULT '{}'::jsonb NOT NULL,
	"completed_at" timestamp (3) with time zone
);
--> statement-breakpoint
CREATE TABLE "training_examples" (
	"request_id" uuid PRIMARY KEY NOT NULL,
	"tenant" text NOT NULL,
	"key_id" text NOT NULL,
	"user_id" text,
	"model" text NOT NULL,
	"content" "bytea" NOT NULL,
	"created_at" timestamp (3) with time zone NOT NULL,
	"expires_at" timestamp (3) with time zone NOT NULL
);
--> statement-breakpoint
ALTER TABLE "files" ADD COLUMN "user_id" text;--> statement-breakpoint
ALTER TABLE "kept_answers" ADD COLUMN "user_id" text;--> statement-breakpoint
ALTER TABLE "data_policies" ADD CONSTRAINT "data_policies_tenant_tenants_id_fk" FOREIGN KEY ("tenant") REFERENCES "public"."tenants"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "training_examples" ADD CONSTRAINT "training_examples_tenant_tenants_id_fk" FOREIGN KEY ("tenant") REFERENCES "public"."tenants"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "erasures_tenant" ON "erasures" USING btree ("tenant","id");--> statement-breakpoint
CREATE UNIQUE INDEX "erasures_unfinished" ON "erasures" USING btree ("tenant",coalesce("user_id", '')) WHERE "erasures"."completed_at" is null;--> statement-breakpoint
CREATE INDEX "training_examples_tenant" ON "training_examples" USING btree ("tenant","created_at","request_id");--> statement-breakpoint
CREATE INDEX "training_examples_expires" ON "training_examples" USING btree ("expires_at");--> statement-breakpoint
CREATE INDEX "kept_answers_tenant" ON "kept_answers" USING btree ("tenant");