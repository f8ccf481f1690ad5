import project from "../deno.json" with { type: "json" };

/** The version of RQTT; `deno.json` is the only place where it is written. */
export const VERSION: string = project.version;
