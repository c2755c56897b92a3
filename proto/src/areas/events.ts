export * from "../gen/flock/events/v1/events.js";
