ALTER TABLE "ledger" ADD COLUMN "actor" text;--> statement-breakpoint
ALTER TABLE "ledger" ADD COLUMN "received_at" timestamp (3) with time zone;--> statement-breakpoint
CREATE UNIQUE INDEX "ledger_credit" ON "ledger" USING btree ("adjustment_id") WHERE "ledger"."kind" = 'credit';--> statement-breakpoint
CREATE INDEX "ledger_adjusted" ON "ledger" USING btree ("request_id") WHERE "ledger"."kind" = 'adjustment';