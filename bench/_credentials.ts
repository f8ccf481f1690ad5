/** Files that make TLS work between a broker and the generator. */
export interface BenchCredentials {
  certificatePath: string;
  privateKeyPath: string;
  authorityPath: string;
}

/**
 * Has openssl make a certificate for localhost and the authority behind it.
 * @throws {Error} If openssl is missing or fails.
 */
export async function makeCredentials(
  directory: string,
): Promise<BenchCredentials> {
  const path = (name: string) => `${directory}/${name}`;
  const newKey = "-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes";
  await openssl(
    `req -x509 ${newKey} -days 30 -subj /CN=Bench -keyout ${path("ca.key")} ` +
      `-out ${path("ca.pem")}`,
  );
  await openssl(
    `req ${newKey} -subj /CN=localhost -keyout ${path("server.key")} ` +
      `-out ${path("server.csr")}`,
  );
  await Deno.writeTextFile(path("server.ext"), "subjectAltName=DNS:localhost");
  await openssl(
    `x509 -req -in ${path("server.csr")} -CA ${path("ca.pem")} ` +
      `-CAkey ${path("ca.key")} -CAcreateserial -days 30 ` +
      `-extfile ${path("server.ext")} -out ${path("server.pem")}`,
  );
  return {
    certificatePath: path("server.pem"),
    privateKeyPath: path("server.key"),
    authorityPath: path("ca.pem"),
  };
}

async function openssl(args: string): Promise<void> {
  const { success, stderr } = await new Deno.Command("openssl", {
    args: args.split(" "),
    stdin: "null",
    stdout: "null",
  }).output();
  if (success) return;
  throw new Error(
    `Cannot make certificates: ${new TextDecoder().decode(stderr).trim()}`,
  );
}
