declare namespace memory {
  type Entity = {
    /** The name of the entity */
    name: string
    /** The type of the entity */
    entityType: string
    /** An array of observation contents associated with the entity */
    observations: string[]
  }
  /** Create multiple new entities in the knowledge graph */
  function createEntities(input: { entities: Entity[] }): Promise<{ entities: Entity[] }>
  type Relation = {
    /** The name of the entity where the relation starts */
    from: string
    /** The name of the entity where the relation ends */
    to: string
    /** The type of the relation */
    relationType: string
  }
  /** Create multiple new relations between entities in the knowledge graph. Relations should be in active voice */
  function createRelations(input: { relations: Relation[] }): Promise<{ relations: Relation[] }>
  /** Add new observations to existing entities in the knowledge graph */
  function addObservations(input: {
    observations: {
      /** The name of the entity to add the observations to */
      entityName: string
      /** An array of observation contents to add */
      contents: string[]
    }[]
  }): Promise<{ results: { entityName: string; addedObservations: string[] }[] }>
  type DeleteEntitiesOutput = { success: boolean; message: string }
  /** Delete multiple entities and their associated relations from the knowledge graph. Destructive. Idempotent. */
  function deleteEntities(input: {
    /** An array of entity names to delete */
    entityNames: string[]
  }): Promise<DeleteEntitiesOutput>
  /** Delete specific observations from entities in the knowledge graph. Destructive. Idempotent. */
  function deleteObservations(input: {
    deletions: {
      /** The name of the entity containing the observations */
      entityName: string
      /** An array of observations to delete */
      observations: string[]
    }[]
  }): Promise<DeleteEntitiesOutput>
  /** Delete multiple relations from the knowledge graph. Destructive. Idempotent. */
  function deleteRelations(input: {
    /** An array of relations to delete */
    relations: Relation[]
  }): Promise<DeleteEntitiesOutput>
  type ReadGraphOutput = { entities: Entity[]; relations: Relation[] }
  /** Read the entire knowledge graph. Read-only. */
  function readGraph(input?: Record<string, unknown>): Promise<ReadGraphOutput>
  /** Search for nodes in the knowledge graph based on a query. Read-only. */
  function searchNodes(input: {
    /** The search query to match against entity names, types, and observation content */
    query: string
  }): Promise<ReadGraphOutput>
  /** Open specific nodes in the knowledge graph by their names. Read-only. */
  function openNodes(input: {
    /** An array of entity names to retrieve */
    names: string[]
  }): Promise<ReadGraphOutput>
}
