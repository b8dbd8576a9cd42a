"""Stock over the REST API."""

from fastapi import APIRouter

from app.api.stock import details, levels

router = APIRouter()
router.include_router(levels.router)
router.include_router(details.router)
