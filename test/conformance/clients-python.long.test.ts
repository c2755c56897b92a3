import { startTestApi, type TestApi } from "../../services/api/test/start-test-api.js";
import { ClientsMesh } from "./clients-mesh.js";
import { describeEnvironments } from "./describe-environments.js";
import { describeLibraryFaults } from "./describe-library-faults.js";
import { describeLibraryOnMesh } from "./describe-library-mesh.js";
import { PYTHON_ENVIRONMENTS } from "./environments.js";
import { PYTHON_USES, PythonLibrary } from "./libraries/python.js";
import { preparePythonPackages } from "./libraries/python-packages.js";

const packages = await preparePythonPackages();

describe("client libraries from PyPI, unmodified", () => {
  if ("missing" in packages) return describeMissing(packages.missing);

  const libraries = PYTHON_USES.map((use) => new PythonLibrary(packages.python, use));
  let api: TestApi;
  let mesh: ClientsMesh;
  beforeAll(async () => {
    [api, mesh] = await Promise.all([startTestApi(), ClientsMesh.start()]);
  }, 180_000);
  afterAll(async () => {
    await Promise.all(libraries.map((library) => library.stop()));
    await api?.stop();
    await mesh?.stop();
  }, 60_000);
  describeEnvironments(PYTHON_ENVIRONMENTS, packages.python, () => api);
  for (const library of libraries) {
    describeLibraryFaults(library, () => api);
    describeLibraryOnMesh(library, () => mesh);
  }
});

/** This repository does not need Python. Where it is missing, that is said, and whoever minds can insist. */
function describeMissing(reason: string): void {
  const untested = PYTHON_USES.map(({ name }) => name).join(", ");
  const notice = `NOT TESTED, because ${reason}: ${untested}`;
  it(`${notice} (PYTHON_CLIENTS=required makes this fail)`, () => {
    process.stderr.write(`\nPython's client libraries were ${notice}\n`);
    expect(process.env["PYTHON_CLIENTS"]).not.toBe("required");
  });
}
