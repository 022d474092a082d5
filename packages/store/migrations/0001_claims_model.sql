ALTER TABLE "claims" ADD COLUMN "model" text;--> statement-breakpoint
CREATE INDEX "claims_open_model" ON "claims" USING btree ("model") WHERE "claims"."closed_at" is null and "claims"."code" is null;