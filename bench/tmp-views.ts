import { existsSync } from 'node:fs';
import { openLakeSession, shippedViews } from '@millrace/lake';
import { writeLake } from './lake/write-lake.ts';
const folder='/tmp/b18/lake/m/lake';
if(!existsSync(folder)) { const c0=process.cpuUsage(); await writeLake(folder,1_000_000); console.log('make cpu ms', (process.cpuUsage(c0).user)/1000); }
for (const sql of [...shippedViews().map(v=>`select * from ${v.name}`), ...process.argv.slice(2)]) {
  const c0=process.cpuUsage(); const t0=performance.now();
  const s=await openLakeSession({folder,live:undefined,tenant:undefined,queries:[sql],signal:new AbortController().signal});
  const t1=performance.now(); const c1=process.cpuUsage(c0);
  const r=await s.query(sql); const t2=performance.now(); const c=process.cpuUsage(c0);
  console.log(sql.slice(0,100), r.rows.length, 'open wall',Math.round(t1-t0),'cpu',Math.round((c1.user+c1.system)/1000),'| query wall',Math.round(t2-t1),'cpu',Math.round((c.user+c.system-c1.user-c1.system)/1000)); await s.close();
}
