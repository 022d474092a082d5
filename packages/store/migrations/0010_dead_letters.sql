CREATE TABLE "dead_letters" (
	"id" bigint PRIMARY KEY NOT NULL,
	"stage" text NOT NULL,
	"tenant" text,
	"request_id" uuid,
	"stream" text NOT NULL,
	"subject" text NOT NULL,
	"sequence" bigint NOT NULL,
	"delivery_count" integer NOT NULL,
	"code" text NOT NULL,
	"reason" text NOT NULL,
	"died_at" timestamp (3) with time zone NOT NULL,
	"status" text DEFAULT 'open' NOT NULL,
	"replays" integer DEFAULT 0 NOT NULL,
	"replay_request_id" uuid,
	"failure" text,
	"decided_at" timestamp (3) with time zone,
	"decided_by" text,
	"discard_reason" text
);
--> statement-breakpoint
CREATE INDEX "dead_letters_tenant" ON "dead_letters" USING btree ("tenant","id");--> statement-breakpoint
CREATE INDEX "dead_letters_status" ON "dead_letters" USING btree ("status","id");--> statement-breakpoint
CREATE INDEX "dead_letters_died" ON "dead_letters" USING btree ("died_at");
