ALTER TABLE "ledger" ADD COLUMN "cache" text;--> statement-breakpoint
ALTER TABLE "prices" ADD COLUMN "cached_answer" numeric(20, 10) DEFAULT '0' NOT NULL;