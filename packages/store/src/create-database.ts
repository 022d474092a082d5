import postgres from 'postgres';

/** Creates an empty database on the server of `adminUrl`. @returns its URL */
export async function createDatabase(adminUrl: string, name: string): Promise<string> {
  const client = postgres(adminUrl, { max: 1, onnotice: () => undefined });
  try {
    await client`create database ${client(name)}`;
  } finally {
    await client.end({ timeout: 5 });
  }
  const url = new URL(adminUrl);
  url.pathname = `/${name}`;
  return url.href;
}
