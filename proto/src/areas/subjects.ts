export * from "../subjects.js";
