/** `@std/yaml`, with types. */
// @ts-types="./_std_yaml.d.ts"
export { parse, YamlSyntaxError } from "@std/yaml";
