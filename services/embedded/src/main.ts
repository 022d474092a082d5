if (process.argv.includes('--help')) { console.log('HELP'); process.exit(0); }
console.log(JSON.stringify({ node: process.version, argv: process.argv.slice(2), nats: process.env.NATS_SERVER, dir: process.env.MILLRACE_MODEL_DIR, cache: process.env.MILLRACE_CACHE_DIR }));
if (process.argv.includes('--wait')) { process.on('SIGTERM', () => { console.log('got SIGTERM'); process.exit(7); }); process.on('SIGINT', () => { console.log('got SIGINT'); process.exit(8); }); setInterval(() => {}, 1000); }
