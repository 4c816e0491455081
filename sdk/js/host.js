// The interfaces of the host. The build step writes another file in this one's place: it imports exactly what
// the plugin's manifest asks for, because a component imports every interface that its source names.
// Outside the sandbox there is no host, so everything is absent.
export const effects = undefined;
export const log = undefined;
export const config = undefined;
export const clock = undefined;
export const random = undefined;
export const kv = undefined;
export const tickets = undefined;
export const knowledge = undefined;
export const embed = undefined;
export const http = undefined;
